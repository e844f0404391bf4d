import type { StartType } from '../../../model/thing.ts'
import type { Profile } from './profile.ts'

/** A service as server.json holds it. */
export interface ServiceEntry {
  readonly startType: StartType
  readonly status: 'Running' | 'Stopped'
  readonly dependsOn: readonly string[]
}

type Row = readonly [name: string, dependsOn?: readonly string[], startType?: StartType]

const TOPOLOGY = ['MSExchangeADTopology']

// WAS is started by W3SVC, so it is Manual and runs all the same.
const WINDOWS: readonly Row[] = [
  ['RpcSs'],
  ['EventLog'],
  ['LanmanServer'],
  ['NetTcpPortSharing'],
  ['WinRM', ['RpcSs']],
  ['AppHostSvc'],
  ['WAS', ['RpcSs'], 'Manual'],
  ['W3SVC', ['WAS']],
  ['IISADMIN', ['RpcSs']],
]

// Nearly all of Exchange hangs on the topology service: stopping that one stops it all.
const MAILBOX: readonly Row[] = [
  ['MSExchangeADTopology', ['NetTcpPortSharing']],
  ['MSExchangeDiagnostics'],
  ['MSExchangeHM', ['EventLog']],
  ['MSExchangeIS', [...TOPOLOGY, 'RpcSs', 'EventLog']],
  ['MSExchangeRepl', TOPOLOGY],
  ['MSExchangeRPC', TOPOLOGY],
  ['MSExchangeDelivery', TOPOLOGY],
  ['MSExchangeSubmission', TOPOLOGY],
  ['MSExchangeTransport', TOPOLOGY],
  ['MSExchangeFrontEndTransport', TOPOLOGY],
  ['MSExchangeTransportLogSearch', TOPOLOGY],
  ['MSExchangeAntispamUpdate', TOPOLOGY],
  ['MSExchangeEdgeSync', TOPOLOGY],
  ['MSExchangeMailboxAssistants', TOPOLOGY],
  ['MSExchangeMailboxReplication', [...TOPOLOGY, 'NetTcpPortSharing']],
  ['MSExchangeDagMgmt', [...TOPOLOGY, 'NetTcpPortSharing']],
  ['MSExchangeServiceHost', TOPOLOGY],
  ['MSExchangeThrottling', TOPOLOGY],
  ['MSExchangeFastSearch', ['HostControllerService']],
  ['HostControllerService'],
  ['MSExchangeImap4', TOPOLOGY, 'Manual'],
  ['MSExchangeIMAP4BE', TOPOLOGY, 'Manual'],
  ['MSExchangePop3', TOPOLOGY, 'Manual'],
  ['MSExchangePOP3BE', TOPOLOGY, 'Manual'],
]

/** 2013 alone has this role without a mailbox. */
const CLIENT_ACCESS_ONLY: readonly Row[] = [
  ['MSExchangeADTopology', ['NetTcpPortSharing']],
  ['MSExchangeDiagnostics'],
  ['MSExchangeHM', ['EventLog']],
  ['MSExchangeFrontEndTransport', TOPOLOGY],
  ['MSExchangeServiceHost', TOPOLOGY],
  ['MSExchangeUMCR', TOPOLOGY],
]

/** Edge Transport has a directory of its own in place of the topology service. */
const EDGE: readonly Row[] = [
  ['ADAM_MSExchange', ['RpcSs', 'EventLog']],
  ['MSExchangeEdgeCredential', ['ADAM_MSExchange']],
  ['MSExchangeDiagnostics'],
  ['MSExchangeHM', ['EventLog']],
  ['MSExchangeTransport', ['ADAM_MSExchange']],
  ['MSExchangeTransportLogSearch', ['ADAM_MSExchange']],
  ['MSExchangeServiceHost', ['ADAM_MSExchange']],
]

export const EM_SERVICE: ServiceEntry = { startType: 'Automatic', status: 'Running', dependsOn: TOPOLOGY }

/** The services of a server by name. What starts by itself runs, and so does what that needs. */
export function servicesOf(profile: Profile): Readonly<Record<string, ServiceEntry>> {
  const rows = [...WINDOWS, ...exchangeRows(profile)]
  const services = Object.fromEntries(rows.map((row) => [row[0], entryOf(row)]))
  return profile.eems ? { ...services, MSExchangeMitigation: EM_SERVICE } : services
}

function exchangeRows({ line, roles }: Profile): readonly Row[] {
  if (roles.includes('EdgeTransport')) return EDGE
  if (!roles.includes('Mailbox')) return CLIENT_ACCESS_ONLY
  const recovery: Row[] = line === '2013' ? [] : [['MSExchangeHMRecovery', ['EventLog']]]
  // Unified Messaging went with 2019.
  const messaging: Row[] =
    line === '2013' || line === '2016'
      ? [
          ['MSExchangeUM', TOPOLOGY],
          ['MSExchangeUMCR', TOPOLOGY],
        ]
      : []
  return [...MAILBOX, ...recovery, ...messaging]
}

function entryOf([name, dependsOn = [], startType = 'Automatic']: Row): ServiceEntry {
  return { startType, status: startType === 'Automatic' || name === 'WAS' ? 'Running' : 'Stopped', dependsOn }
}
