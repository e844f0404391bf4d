import { envelope, switchSpec } from './shared.ts'

/** Schema of the Organization. */
export const organizationSchema = envelope(
  'Organization',
  'The switch of all servers together; there is at most one.',
  switchSpec('all servers'),
  false,
)
