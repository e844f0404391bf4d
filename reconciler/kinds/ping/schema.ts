import { entrySchema } from '../schema.ts'

/** Schema of an entry of kind `ping`. */
export const schema = entrySchema(
  'ping',
  'Changes nothing; in sync when configuration, services and application pools of the server could be read.',
  {},
  [],
)
