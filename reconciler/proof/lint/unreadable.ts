import { compilePattern } from '../../rewrite/pattern.ts'
import { parseTemplate } from '../../rewrite/template.ts'
import type { Finding } from './finding.ts'
import { quoted } from './quoted.ts'
import { about, type Subject } from './subject.ts'
import { type PatternPlace, patternsOf, type TemplatePlace, templatesOf } from './written.ts'

const STOPS = 'URL Rewrite answers every request that meets the rule with 500: at a site, that is all of it.'

/** Patterns that the engine of URL Rewrite cannot read, and texts whose braces it cannot. */
export function unreadableParts(subject: Subject): readonly Finding[] {
  return subject.rules.flatMap((rule) => [
    ...patternsOf(rule).flatMap((place) => patternFindings(subject, place)),
    ...templatesOf(rule).flatMap((place) => templateFindings(subject, place)),
  ])
}

function patternFindings(subject: Subject, { pattern, syntax, pointer }: PatternPlace): readonly Finding[] {
  const read = compilePattern(pattern, syntax, true)
  if (read.is === 'pattern') return []
  const key = pointer.slice(pointer.lastIndexOf('/') + 1)
  if (pattern === '*')
    return [
      about(subject, 'match-star', pointer, {
        message: '`*` alone is no regular expression',
        why: STOPS,
        remedy: `${key}: '.*'`,
      }),
    ]
  return [
    about(subject, 'pattern-invalid', pointer, {
      message: `the engine of URL Rewrite cannot read this pattern: ${read.why} (character ${read.at + 1})`,
      why: STOPS,
      remedy: asExpression(pattern, key) ?? ADVICE,
    }),
  ]
}

const ADVICE =
  'Write it in ECMAScript 3, which knows lookahead, but no lookbehind, named groups, Unicode classes or inline flags; a sign that is meant as itself has a backslash before it.'

/** Whoever begins with an asterisk thinks of wildcards. */
function asExpression(pattern: string, key: string): string | null {
  const meant = pattern.replace(/(?<!\.)\*/g, '.*')
  if (!pattern.startsWith('*') || compilePattern(meant, 'ECMAScript', true).is === 'fault') return null
  return `${key}: ${quoted(meant)}`
}

// A mitigation brings no rewrite map along, and nobody can rely on one that happens to be on a server.
function templateFindings(subject: Subject, { text, pointer }: TemplatePlace): readonly Finding[] {
  const read = parseTemplate(text, new Map())
  if (read.is === 'template') return []
  return [
    about(subject, 'template-invalid', pointer, {
      message: `URL Rewrite cannot read this text: ${read.why} (character ${read.at + 1})`,
      why: STOPS,
      remedy:
        'Close each brace; the functions are {ToLower:…}, {UrlEncode:…}, {UrlDecode:…} and, outbound, {HtmlEncode:…}.',
    }),
  ]
}
