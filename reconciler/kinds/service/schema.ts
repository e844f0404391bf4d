import {
  choiceSchema,
  entrySchema,
  ifMissingSchema,
  nameSchema,
  objectSchema,
  timeoutSchema,
} from '../schema.ts'

/** What `startType` can be. */
export const START_TYPES = ['Automatic', 'AutomaticDelayedStart', 'Manual', 'Disabled'] as const
const startType = choiceSchema(
  'How Windows starts the service. Automatic and AutomaticDelayedStart are different. Left alone when not named.',
  START_TYPES,
)
const status = choiceSchema('Whether the service runs. Left alone when not named.', ['Running', 'Stopped'])

/** Schema of an entry of kind `service`. */
export const schema = entrySchema(
  'service',
  'A Windows service: its start type, whether it runs, or both.',
  {
    name: nameSchema('Name of the service (not its display name), such as MSExchangeUM.'),
    startType,
    status,
    timeout: timeoutSchema,
    ifMissing: ifMissingSchema('this service', 'skip'),
    otherwise: objectSchema(
      'What the service goes back to if nobody remembers any more what was there before.',
      { startType, status },
    ),
  },
  ['name'],
)
