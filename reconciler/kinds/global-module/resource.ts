import { type Configuration, configuration } from '../../iis/configuration.ts'
import { childrenNamed, type Element } from '../../iis/document.ts'
import { insertElement } from '../../iis/edit.ts'
import { applicationsOfModules } from '../../iis/impact.ts'
import { elementsAt } from '../../iis/lookup.ts'
import { removeElement } from '../../iis/remove.ts'
import type {
  Before,
  Fields,
  Impact,
  Json,
  Kind,
  MadeByFile,
  Reading,
  Resource,
  Wish,
} from '../../model/resource.ts'
import type { See } from '../../model/thing.ts'
import { type Draft, openDraft } from '../draft.ts'
import { returnEntry, takeEntry } from '../entry.ts'
import { hasName } from '../mark.ts'
import { missing } from '../missing.ts'
import { fault, specOf } from '../spec.ts'
import { held, nothing, unknownWish, unowned } from '../wishes.ts'
import { schema } from './schema.ts'

/** An entry of this kind. `otherwise` is the module itself, not what to go back to field by field. */
interface ModuleSpec {
  readonly name: string
  readonly present: boolean
  readonly ifMissing?: 'skip' | 'fail'
  readonly otherwise?: { readonly image: string; readonly preCondition?: string }
}

const SECTION = 'system.webServer/globalModules'

/** A native module of IIS: listed in globalModules, or not. */
export const globalModule: Kind = {
  name: 'global-module',
  schema,
  faults(entry) {
    const spec = specOf<ModuleSpec>(entry)
    if (!spec.present || spec.otherwise !== undefined) return []
    const message =
      'A module can only be listed when its DLL is known. Say so in `otherwise: { image: ... }`.'
    return [fault('/otherwise', message)]
  },
  split: (entry) => [entry],
  resource: moduleResource,
}

function moduleResource(json: Json, mitigation: string): Resource {
  const spec = specOf<ModuleSpec>(json)
  return {
    kind: 'global-module',
    key: `global-module:${spec.name}`,
    mitigation,
    spec: json,
    want: { present: spec.present },
    ...(spec.otherwise === undefined ? {} : { otherwise: { present: !spec.present } }),
    stops: !spec.present,
    read: (see) => readModule(spec, see),
    put: (see, made) => putModule(spec, see, made),
    undo: (see, before, made, set) =>
      undoModule(spec, { before, made, set: set ?? { present: spec.present } }, see),
    impact: (see) => impactOf(spec, see),
  }
}

// The section stands once in a sound file; a second one is for the checks to find, not for this.
function sectionsOf(root: Element): readonly Element[] {
  return elementsAt(root, SECTION)
}

/** The element that lists a module; names are compared without case. */
function moduleIn(root: Element, name: string): Element | undefined {
  return sectionsOf(root)
    .flatMap((section) => childrenNamed(section, 'add'))
    .find((each) => hasName(each, name))
}

/** A module that is not listed is an answer, not a lack: `present: false` wants it so. */
function readModule(spec: ModuleSpec, see: See): Reading {
  const server = configuration(see)
  if (server.is === 'unknown') return server
  if (sectionsOf(server.value.root).length === 0) {
    return missing(`${server.value.file} has no section globalModules`, spec.ifMissing ?? 'skip')
  }
  return {
    is: 'present',
    fields: { present: moduleIn(server.value.root, spec.name) !== undefined },
    ours: false,
  }
}

function putModule(spec: ModuleSpec, see: See, made: MadeByFile): Wish {
  const server = configuration(see)
  if (server.is === 'unknown') return unknownWish(server)
  const there = moduleIn(server.value.root, spec.name)
  const before: Before = { fields: { present: there !== undefined } }
  // Nothing to remember either: taking back what was so before us would change somebody else's choice.
  if ((there !== undefined) === spec.present) return nothing(before)
  const draft = openDraft(see, server.value.file, made)
  if (draft.is === 'unknown') return unknownWish(draft)
  if (there === undefined) return list(spec, draft.value, before)
  // Asked before the edit, so that the reason can name the module and not only the fault.
  const users = usersOf(server.value, spec.name)
  if (users !== null) return held('would-break', users)
  const raw = takeEntry(draft.value, there)
  return wishOf(draft.value, { ...before, raw })
}

/** A `modules` entry that names a native module which is not listed makes IIS refuse every request below it. */
function usersOf({ root, file }: Configuration, name: string): string | null {
  const scopes = [root, ...childrenNamed(root, 'location')]
  const user = scopes
    .flatMap((scope) => elementsAt(scope, 'system.webServer/modules/add'))
    .find(
      (each) => hasName(each, name) && each.attributes.every(({ name: attribute }) => attribute !== 'type'),
    )
  if (user === undefined) return null
  return `${file} still names ${name} in a section modules; without the module IIS would refuse every request there`
}

/** Lists a module behind all others: nothing says where else it would belong. */
function list(spec: ModuleSpec, draft: Draft, before: Before): Wish {
  const attributes: [string, string][] = [
    ['name', spec.name],
    ['image', spec.otherwise?.image ?? ''],
  ]
  if (spec.otherwise?.preCondition !== undefined)
    attributes.push(['preCondition', spec.otherwise.preCondition])
  const markup = { name: 'add', attributes, children: [] }
  const insertion = { scope: draft.root, sections: SECTION.split('/'), markup, position: 'last' } as const
  draft.take(insertElement(draft.document, insertion, draft.made))
  return wishOf(draft, before)
}

interface Past {
  readonly before: Before | null
  readonly made: MadeByFile
  readonly set: Fields
}

/** Without a record and without `otherwise` the module's DLL is not known, and it is not guessed. */
function undoModule(spec: ModuleSpec, { before, made, set }: Past, see: See): Wish {
  const server = configuration(see)
  if (server.is === 'unknown') return unknownWish(server)
  const there = moduleIn(server.value.root, spec.name)
  // Somebody else has changed it since, or it was so before us.
  if ((there !== undefined) !== set['present'] || before?.fields?.['present'] === set['present']) {
    return nothing(before)
  }
  if (before === null && spec.otherwise === undefined) return unowned(`module ${spec.name}`)
  const draft = openDraft(see, server.value.file, made)
  if (draft.is === 'unknown') return unknownWish(draft)
  const past = nothing(before).before
  if (there !== undefined) {
    draft.value.take(removeElement(draft.value.document, there, draft.value.made))
    return wishOf(draft.value, past)
  }
  if (returnEntry(draft.value, SECTION.split('/'), before?.raw)) return wishOf(draft.value, past)
  return spec.otherwise === undefined ? unowned(`module ${spec.name}`) : list(spec, draft.value, past)
}

function wishOf(draft: Draft, before: Before): Wish {
  return { is: 'wish', parts: draft.parts(), before, made: draft.madeByFile() }
}

/** Every worker process loads the list when it starts, so IIS restarts them all. */
function impactOf(spec: ModuleSpec, see: See): Impact {
  const server = configuration(see)
  if (server.is === 'unknown') return { stops: [], restarts: [] }
  const changes = (moduleIn(server.value.root, spec.name) !== undefined) !== spec.present
  return { stops: [], restarts: changes ? applicationsOfModules(server.value) : [] }
}
