import { pointer } from '../../formats/positions.ts'
import { quoted } from '../../formats/words.ts'
import { isObject } from '../../model/object.ts'
import type { Json, SpecFault } from '../../model/resource.ts'
import { isList, isText } from './document.ts'

type Path = readonly (string | number)[]

/**
 * Patterns of a rewrite entry that are no regular expression at all. They are tried as JavaScript, whose ECMAScript is
 * what IIS calls by that name; where the two differ is for a lint to say. Entries without patterns have no faults.
 */
export function checkPatterns(entry: Json): readonly SpecFault[] {
  return isObject(entry) ? walk(entry, [], 'ECMAScript') : []
}

// A preCondition and the form of an equivalent may name a syntax of their own; else that of the rule holds.
function walk(value: Json, path: Path, syntax: string): readonly SpecFault[] {
  if (isList(value)) return value.flatMap((item, index) => walk(item, [...path, index], syntax))
  if (!isObject(value)) return []
  const own = isText(value['patternSyntax']) ? value['patternSyntax'] : syntax
  const flags = value['ignoreCase'] === false ? '' : 'i'
  return Object.entries(value).flatMap(([key, inner]) =>
    isPattern(key, path) && isText(inner)
      ? own === 'ECMAScript'
        ? tryPattern(inner, flags, [...path, key])
        : []
      : walk(inner, [...path, key], own),
  )
}

/** `match.url` is a pattern, `action.url` is not. */
function isPattern(key: string, path: Path): boolean {
  return key === 'pattern' || (key === 'url' && path.at(-1) === 'match')
}

function tryPattern(pattern: string, flags: string, path: Path): readonly SpecFault[] {
  try {
    new RegExp(pattern, flags)
    return []
  } catch (thrown) {
    const why = thrown instanceof Error ? (thrown.message.split(': ').at(-1) ?? '') : ''
    return [
      {
        pointer: pointer(...path),
        message: `${quoted(pattern)} is no regular expression (${why}). IIS would answer every request with 500.`,
      },
    ]
  }
}
