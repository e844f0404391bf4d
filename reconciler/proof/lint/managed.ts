import { isObject } from '../../model/object.ts'
import type { Finding } from './finding.ts'
import { about, type Subject } from './subject.ts'

// Managed Availability watches the services of Exchange and what they stand on, and starts what does not run.
const WATCHED = /^(?:MSExchange|HostControllerService$|FMS$|W3SVC$)/i
const WATCHERS = ['MSExchangeHM', 'MSExchangeHMRecovery'] as const
const POOL = /^MSExchange\w*AppPool$/i

/** What is stopped while the health manager, which runs, starts it again. */
export function restarted(subject: Subject): readonly Finding[] {
  const entries = subject.mitigation.resources.map(({ kind, entry }, index) => {
    const fields = isObject(entry) ? entry : {}
    return { kind, fields, name: String(fields['name'] ?? ''), pointer: `/spec/resources/${index}` }
  })
  const stops = (name: string): boolean =>
    entries.some(
      (one) =>
        one.kind === 'service' &&
        one.name.toLowerCase() === name.toLowerCase() &&
        one.fields['status'] === 'Stopped',
    )
  // The recovery service only carries out what the health manager asks for.
  if (stops('MSExchangeHM')) return []
  return entries.flatMap(({ kind, fields, name, pointer }) => {
    if (kind === 'service' && fields['status'] === 'Stopped' && isWatched(name))
      return [again(subject, 'service-restarted', name, `${pointer}/status`)]
    if (kind === 'app-pool' && fields['state'] === 'Stopped' && POOL.test(name))
      return [again(subject, 'pool-restarted', name, `${pointer}/state`)]
    return []
  })
}

function isWatched(name: string): boolean {
  return WATCHED.test(name) && !WATCHERS.some((one) => one.toLowerCase() === name.toLowerCase())
}

function again(
  subject: Subject,
  code: 'service-restarted' | 'pool-restarted',
  name: string,
  pointer: string,
): Finding {
  const what = code === 'service-restarted' ? 'service' : 'application pool'
  return about(subject, code, pointer, {
    message: `the health manager runs and starts the ${what} ${name} again`,
    why: 'Managed Availability takes what is stopped for broken; Stopgap stops it again, and the two take turns.',
    remedy: WATCHERS.map(
      (watcher) =>
        `- { kind: service, name: ${watcher}, startType: Disabled, status: Stopped, otherwise: { startType: Automatic, status: Running } }`,
    ).join('\n'),
  })
}
