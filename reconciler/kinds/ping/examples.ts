import type { Example } from '../example.ts'
import { exampleHost, HOST } from '../example-machine.ts'

/** Examples of kind `ping`. */
export const examples: readonly Example[] = [
  {
    name: 'a server that can be read',
    mitigation: 'PING1',
    optIn: false,
    entry: { kind: 'ping' },
    before: {
      files: { [HOST]: exampleHost() },
      services: { W3SVC: { startType: 'Automatic', status: 'Running', dependsOn: ['WAS'], dependents: [] } },
      pools: { MSExchangeOWAAppPool: { state: 'Started' } },
    },
    reads: {},
  },
]
