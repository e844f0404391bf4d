import {
  choiceSchema,
  entrySchema,
  flagSchema,
  ifMissingSchema,
  nameSchema,
  objectSchema,
  timeoutSchema,
} from '../schema.ts'

const fields = {
  autoStart: flagSchema('Whether IIS starts the pool by itself. Left alone when not named.'),
  startMode: choiceSchema(
    'Whether a worker process starts on the first request or at once. Left alone when not named.',
    ['OnDemand', 'AlwaysRunning'],
  ),
  state: choiceSchema('Whether the pool runs now. Left alone when not named.', ['Started', 'Stopped']),
}

/** Schema of an entry of kind `app-pool`. */
export const schema = entrySchema(
  'app-pool',
  'An application pool: how it starts, whether it runs, or both. While it is stopped its applications answer 503.',
  {
    name: nameSchema('Name of the pool, such as MSExchangeECPAppPool.'),
    ...fields,
    timeout: timeoutSchema,
    ifMissing: ifMissingSchema('this pool', 'skip'),
    otherwise: objectSchema('What the pool goes back to if nobody remembers what was there before.', fields),
  },
  ['name'],
)
