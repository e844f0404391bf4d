import { adviceOf } from '../model/advice.ts'
import type { Event, Trouble } from '../model/event.ts'
import type { Held } from '../model/plan.ts'
import { count, moment } from '../util/words.ts'
import { causeText } from './text/words.ts'

export type Level = 'info' | 'warn' | 'error'

/** What is worth a line: its level and words, and what about it is the same when it happens again. */
export interface Entry {
  readonly level: Level
  readonly message: string
  readonly server?: string
  readonly code?: string
  /** Entries of one subject with the same `message` are repetitions. */
  readonly subject?: string
}

/** Events in words; what happened, then what stays in force and what to do, which is what hints of errors say. */
export function entriesOf(event: Event): readonly Entry[] {
  switch (event.is) {
    case 'started':
      return [
        info(
          `Stopgap ${event.version} started: ${count(event.servers.length, 'server')}, source ${event.source}`,
        ),
      ]
    case 'listening':
      return [info(`listening on ${event.url} (a page; also /metrics, /status, /healthz, /readyz)`)]
    case 'fetched':
      return event.moved ? [info(`source moved to ${event.revision}${committed(event.time)}`)] : []
    case 'fetch-failed':
      return [
        {
          ...troubled(event.trouble, `fetch failed (${event.reason})`),
          level: 'warn',
          subject: 'fetch',
        },
      ]
    case 'revision-refused':
      // Metrics and status say that it lasts; the log says it once.
      return event.first ? refused(event) : []
    case 'revision-in-force':
      return [
        info(
          `revision in force: ${event.inForce.revision} (${event.inForce.signature}), ${count(event.inForce.mitigations.length, 'mitigation')}`,
        ),
        ...event.inForce.warnings.map((one) => warn(`${one.file}:${one.line}:${one.column}: ${one.message}`)),
      ]
    case 'pass-ended':
      return passEntries(event)
    case 'change-settled':
      return [changeEntry(event)]
    case 'server-gone':
      return [info('no longer configured; what is applied there stays', event.server)]
    case 'trouble':
      return [
        {
          ...troubled(event.trouble, ''),
          ...at(event.server),
          subject: `trouble ${event.server ?? ''} ${event.trouble.code}`,
        },
      ]
    case 'stopping':
      return [info(`stopping: ${event.why}`)]
    case 'ticked':
      return []
  }
}

function committed(time: number | null): string {
  return time === null ? '' : `, committed ${moment(time)}`
}

function at(server: string | undefined): { readonly server?: string } {
  return server === undefined ? {} : { server }
}

function info(message: string, server?: string): Entry {
  return { level: 'info', message, ...at(server) }
}

function warn(message: string, server?: string): Entry {
  return { level: 'warn', message, ...at(server) }
}

/** What happened, then what to do, on one line. */
function troubled(trouble: Trouble, before: string): Entry {
  const start = before === '' ? '' : `${before}: `
  const hint = trouble.hint === '' ? '' : ` — ${trouble.hint}`
  return { level: 'error', message: `${start}${trouble.message}${hint}`, code: trouble.code }
}

/** The refusal, its first faults with their place, and how to see the others. */
function refused(event: Extract<Event, { is: 'revision-refused' }>): readonly Entry[] {
  const head = troubled(event.trouble, `refused (${event.reason})`)
  const faults = event.faults.slice(0, 20).map((one): Entry => {
    return {
      level: one.severity === 'error' ? 'error' : 'warn',
      message: `${one.file}:${one.line}:${one.column}: ${one.message}`,
    }
  })
  const rest = event.faults.length - faults.length
  return [
    head,
    ...faults,
    ...(rest > 0 ? [warn(`and ${count(rest, 'more fault')}; stopgap validate lists all`)] : []),
  ]
}

function passEntries(event: Extract<Event, { is: 'pass-ended' }>): readonly Entry[] {
  const { report } = event
  const { server, plan } = report
  const entries: Entry[] = []
  if (report.error !== undefined) {
    entries.push({ ...troubled(report.error, `pass ${report.result}`), server, subject: `pass ${server}` })
  } else {
    const level: Level = report.result === 'failed' ? 'error' : report.result === 'conflict' ? 'warn' : 'info'
    entries.push({ level, message: `pass ended: ${report.result}`, server, subject: `pass ${server}` })
  }
  const audited = (plan?.held ?? []).filter(({ reason }) => reason === 'audit')
  if (audited.length > 0) entries.push(auditEntry(server, audited))
  // Each by the id of its change: the same change held again is no news, whatever plan it is in.
  for (const held of plan?.held ?? []) {
    if (held.reason === 'audit') continue
    const message = `held ${held.reason}: ${held.verb} ${held.key}: ${held.detail} — ${adviceOf(held.reason, plan?.id ?? '')}`
    entries.push({ ...warn(message, server), subject: `held ${server} ${held.id}` })
  }
  for (const warning of report.warnings)
    entries.push({ ...warn(warning, server), subject: `warning ${server} ${warning}` })
  return entries
}

/** All at once, and as no warning: it is what was asked for, and there is nothing to do about it. */
function auditEntry(server: string, audited: readonly Held[]): Entry {
  const names = [...new Set(audited.flatMap(({ mitigations }) => mitigations))].join(', ')
  const message = `only audited, nothing is written: ${count(audited.length, 'change')} for ${names}`
  return { ...info(message, server), subject: `held ${server} audit` }
}

function changeEntry(event: Extract<Event, { is: 'change-settled' }>): Entry {
  const { outcome, server } = event
  const words = `${outcome.result}: ${outcome.verb} ${outcome.key}, ${outcome.cause}: ${causeText(outcome.cause)}`
  if (outcome.result === 'applied') return info(words, server)
  const message = outcome.error === undefined ? words : `${words}: ${outcome.error}`
  return { level: outcome.result === 'failed' ? 'error' : 'warn', message, server }
}
