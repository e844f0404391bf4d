import { didYouMean } from '../../formats/nearest.ts'
import type { ObjectKind } from '../../formats/schema/publish.ts'
import { quoted } from '../../formats/words.ts'
import type { PolicyObject } from './document.ts'
import type { Findings } from './findings.ts'

/** Objects of each kind by name in lower case; of several with one name, the first. */
export interface Names {
  find(kind: ObjectKind, name: string): PolicyObject | undefined
  /** `: did you mean …` or why it may be missing. */
  hint(kind: ObjectKind, name: string): string
}

/** Indexes objects by name; faults are names that are there twice, and a second Organization. */
export function indexNames(
  objects: readonly PolicyObject[],
  unread: readonly string[],
  findings: Findings,
): Names {
  const byName = new Map<string, PolicyObject>()
  let organization: PolicyObject | undefined
  for (const object of objects) {
    if (object.kind === 'Organization') {
      if (organization !== undefined)
        findings.error(
          object.at(['kind']),
          `a second Organization; the first is in ${placeOf(organization)}. Keep one.`,
        )
      organization ??= object
      continue
    }
    if (object.name === null) continue
    const key = keyOf(object.kind, object.name)
    const first = byName.get(key)
    if (first === undefined) byName.set(key, object)
    else findings.error(object.at(['metadata', 'name']), twice(object, first))
  }
  return {
    find: (kind, name) => byName.get(keyOf(kind, name)),
    hint: (kind, name) => {
      if (findings.isFull('error')) return '.'
      const names = objects.flatMap((object) =>
        object.kind === kind && object.name !== null ? [object.name] : [],
      )
      const guess = didYouMean(name, names)
      if (guess !== '') return guess
      return unread[0] === undefined ? '.' : ` (it may stand in ${unread[0]}, which cannot be read).`
    },
  }
}

/** Both places are named: the one that is wrong is as often the other. */
function twice(object: PolicyObject, first: PolicyObject): string {
  const same = object.name === first.name ? '' : ' (names are compared without case)'
  return `there is another ${object.kind} named ${quoted(first.name)} in ${placeOf(first)}${same}. Rename one.`
}

function keyOf(kind: ObjectKind, name: string): string {
  return `${kind} ${name.toLowerCase()}`
}

/** File, line and column of an object's name. */
export function placeOf(object: PolicyObject): string {
  const { file, line, column } = object.at(object.name === null ? ['kind'] : ['metadata', 'name'])
  return `${file}:${line}:${column}`
}
