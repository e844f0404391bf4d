import type { Service } from '../../model/thing.ts'
import type { Example, ExampleMachine } from '../example.ts'

function running(dependsOn: readonly string[] = [], dependents: readonly string[] = []): Service {
  return { startType: 'Automatic', status: 'Running', dependsOn, dependents }
}

const none = { files: {}, pools: {} } as const
const um: ExampleMachine = { ...none, services: { MSExchangeUM: running(['KeyIso']), KeyIso: running() } }

/** Examples of kind `service`. */
export const examples: readonly Example[] = [
  {
    name: 'a running service is stopped and disabled',
    mitigation: 'PL-UM',
    optIn: true,
    entry: { kind: 'service', name: 'MSExchangeUM', startType: 'Disabled', status: 'Stopped', timeout: '2m' },
    before: um,
    reads: { startType: 'Automatic', status: 'Running' },
  },
  {
    name: 'only the start type is named, so the service goes on running',
    mitigation: 'X1',
    optIn: true,
    entry: { kind: 'service', name: 'MSExchangeUM', startType: 'AutomaticDelayedStart' },
    before: um,
    reads: { startType: 'Automatic' },
  },
  {
    name: 'dependents that are stopped are no obstacle',
    mitigation: 'X2',
    optIn: true,
    entry: { kind: 'service', name: 'MSExchangeHM', startType: 'Manual', status: 'Stopped' },
    before: {
      ...none,
      services: {
        MSExchangeHM: running([], ['MSExchangeHMRecovery']),
        MSExchangeHMRecovery: { ...running(['MSExchangeHM']), status: 'Stopped', startType: 'Manual' },
      },
    },
    reads: { startType: 'Automatic', status: 'Running' },
  },
]
