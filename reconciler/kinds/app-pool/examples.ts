import type { Example, ExampleMachine } from '../example.ts'
import { exampleHost, HOST } from '../example-machine.ts'

function machine(ecpPool?: string): ExampleMachine {
  return {
    files: { [HOST]: exampleHost(ecpPool === undefined ? {} : { ecpPool }) },
    services: {},
    pools: { MSExchangeECPAppPool: { state: 'Started' }, MSExchangeOWAAppPool: { state: 'Started' } },
  }
}

const stopped = {
  kind: 'app-pool',
  name: 'MSExchangeECPAppPool',
  autoStart: false,
  startMode: 'OnDemand',
  state: 'Stopped',
  timeout: '120s',
} as const

const identity = { file: HOST, find: 'identityType="LocalSystem"', become: 'identityType="NetworkService"' }

/** Examples of kind `app-pool`. */
export const examples: readonly Example[] = [
  {
    name: 'a pool is stopped and no longer starts by itself; the file does not say how it started',
    mitigation: 'PL-ECP',
    optIn: true,
    entry: stopped,
    before: machine(),
    foreign: identity,
    reads: { autoStart: true, startMode: 'OnDemand', state: 'Started' },
  },
  {
    name: 'the same where the file says it, in quotes and order of its own',
    mitigation: 'PL-ECP',
    optIn: true,
    entry: stopped,
    before: machine(
      ` startMode='AlwaysRunning'\n                 autoStart="True" managedRuntimeVersion="v4.0"`,
    ),
    foreign: identity,
    reads: { autoStart: true, startMode: 'AlwaysRunning', state: 'Started' },
  },
  {
    name: 'only the state is named, so the file stays as it is',
    mitigation: 'PL-ECP',
    optIn: true,
    entry: { kind: 'app-pool', name: 'MSExchangeECPAppPool', state: 'Stopped' },
    before: machine(),
    reads: { state: 'Started' },
  },
]
