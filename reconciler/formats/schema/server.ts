import { envelope, switchSpec } from './shared.ts'

/** Schema of a Server. */
export const serverSchema = envelope(
  'Server',
  'A server: its labels and its switch. All facts come from the server itself.',
  switchSpec('this server'),
)
