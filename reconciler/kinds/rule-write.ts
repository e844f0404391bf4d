import { sectionDeclared } from '../iis/declared.ts'
import { attribute, childrenNamed, type Element } from '../iis/document.ts'
import { insertElement, replaceElement } from '../iis/edit.ts'
import { type Known, known } from '../iis/known.ts'
import { locationsAt } from '../iis/locations.ts'
import { locked } from '../iis/locked.ts'
import { elementsAt } from '../iis/lookup.ts'
import { samePath } from '../iis/paths.ts'
import { removeElement } from '../iis/remove.ts'
import { chainOf, type Segment } from '../iis/section.ts'
import { equalJson } from '../model/equal.ts'
import type { MadeByFile, Wish } from '../model/resource.ts'
import type { See } from '../model/thing.ts'
import { type Draft, openDraft } from './draft.ts'
import { hasName, isOurs, unmarked } from './mark.ts'
import { effectAt } from './rule-effect.ts'
import { type Home, homeOf, type Occurrence, occurrences } from './rule-place.ts'
import { presentFields, wantedFields } from './rule-read.ts'
import type { Rule } from './rule-spec.ts'
import { held, nothing, unknownWish } from './wishes.ts'

/** What was there before a rule of ours: nothing, for elements of others are never changed. */
const BEFORE = { fields: null } as const

/** Inserts the rule where it belongs, or corrects the one that is there. */
export function putRule(see: See, rule: Rule, made: MadeByFile): Wish {
  const home = homeOf(see, rule)
  if (home.is === 'nowhere') return { is: 'unknown', why: home.why }
  if (home.is === 'unknown') return unknownWish(home)
  const obstacle = obstacleTo(see, rule, home.value)
  if (obstacle !== null) return obstacle
  const ours = occurrences(see, rule, home.value)
  const effect = effectAt(see, rule, home.value)
  if (ours.is === 'unknown') return unknownWish(ours)
  if (effect.is === 'unknown') return unknownWish(effect)
  const now = presentFields(effect.value, rule, ours.value)
  if (ours.value.length > 0 && equalJson(now, wantedFields(rule))) return nothing(BEFORE)
  const drafts = openDrafts(see, home.value, made)
  if (drafts.is === 'unknown') return unknownWish(drafts)
  tidy(drafts.value, rule, ours.value)
  const draft = drafts.value.find(({ file }) => samePath(file, home.value.file))
  if (draft !== undefined) write(draft, rule, home.value)
  return wishOf(drafts.value)
}

/** What would make IIS refuse the file, as far as that is known before the edit. */
function obstacleTo(see: See, rule: Rule, home: Home): Wish | null {
  if (rule.fields.is === 'unknown')
    return held('would-break', `IIS would refuse the rule: ${rule.fields.why}`)
  if (sectionDeclared(home.server, rule.path) === undefined) {
    const detail = `${home.server.file} declares no section ${rule.path}: URL Rewrite is not installed, and IIS would refuse the rule (500.19)`
    return held('would-break', detail)
  }
  if (rule.in === 'applicationHost.config') return null
  const lock = locked(see, home.server, rule.at, [rule.path])
  if (lock.is === 'unknown') return unknownWish(lock)
  return lock.value === null
    ? null
    : held('would-break', `${lock.value.why}; use \`in: applicationHost.config\``)
}

/** The files that can hold the rule for its path: its own web.config and applicationHost.config. */
function openDrafts(see: See, home: Home, made: MadeByFile): Known<readonly Draft[]> {
  const { server, place } = home
  const files = place.is === 'place' ? [server.file, place.webConfig] : [server.file]
  const drafts = files.map((file) => openDraft(see, file, made))
  const blind = drafts.find((draft) => draft.is === 'unknown')
  if (blind?.is === 'unknown') return blind
  return known(drafts.flatMap((draft) => (draft.is === 'known' ? [draft.value] : [])))
}

/** Removes what is in the wrong place, and all but one of several. The one that stays is corrected where it is. */
function tidy(drafts: readonly Draft[], rule: Rule, ours: readonly Occurrence[]): void {
  const keep = ours.find(({ right }) => right)
  for (const draft of drafts) {
    const here = ours.filter((one) => one !== keep && samePath(one.file, draft.file))
    const named = new Set(here.map(({ element }) => preConditionOf(element)))
    // From the end, so that the offsets of those that are still to go stay true.
    for (const { element } of here.toSorted((a, b) => b.element.start - a.element.start)) {
      const again = sameElement(draft, element)
      if (again !== undefined) draft.take(removeElement(draft.document, again, draft.made))
    }
    for (const name of named) removePreCondition(draft, rule, { name })
  }
}

/** The element at the same offset of the newest document: what came after it may have changed, not what came before. */
function sameElement(draft: Draft, { start, name }: Element): Element | undefined {
  const within = (element: Element): Element | undefined =>
    element.start === start && element.name === name
      ? element
      : element.children
          .filter((child) => child.start <= start && start < child.end)
          .flatMap((child) => within(child) ?? [])[0]
  return within(draft.root)
}

/** The preCondition of ours that a rule names, by its specified name. */
function preConditionOf(element: Element): string | undefined {
  return unmarked(attribute(element, 'preCondition') ?? '')?.name
}

/** The rule, and behind it the preCondition that it names, in the order in which the EM service leaves them. */
function write(draft: Draft, rule: Rule, home: Home): void {
  const there = inSection(draft, home.segments, 'rule', rule.name)
  const before = there && preConditionOf(there)
  if (there !== undefined) {
    draft.take({ text: replaceElement(draft.document, there, rule.markup), made: draft.made })
  } else {
    const position = rule.spec.position ?? 'first'
    const insertion = { scope: draft.root, sections: home.segments, markup: rule.markup, position }
    draft.take(insertElement(draft.document, insertion, draft.made))
  }
  if (rule.preCondition !== null) writePreCondition(draft, rule.preCondition, home)
  removePreCondition(draft, rule, { name: before })
}

function writePreCondition(
  draft: Draft,
  { name, markup }: NonNullable<Rule['preCondition']>,
  home: Home,
): void {
  const sections = [...home.segments, 'preConditions']
  const condition = inSection(draft, sections, 'preCondition', name)
  if (condition !== undefined) {
    draft.take({ text: replaceElement(draft.document, condition, markup), made: draft.made })
  } else {
    const insertion = { scope: draft.root, sections, markup, position: 'last' } as const
    draft.take(insertElement(draft.document, insertion, draft.made))
  }
}

/** By the path that an insertion would take, so that what is found is what would be doubled. */
function inSection(
  draft: Draft,
  path: readonly Segment[],
  element: string,
  name: string,
): Element | undefined {
  const chain = chainOf(draft.root, path)
  const section = chain.length === path.length ? chain.at(-1) : undefined
  return section && childrenNamed(section, element).find((each) => hasName(each, name))
}

/** Removes every element of ours for this path, and what we had to make around it. */
export function undoRule(see: See, rule: Rule, made: MadeByFile): Wish {
  const home = homeOf(see, rule)
  // Where the path is gone, nothing of it is read any more, and nothing that we could name is left.
  if (home.is === 'nowhere') return nothing(BEFORE)
  if (home.is === 'unknown') return unknownWish(home)
  const drafts = openDrafts(see, home.value, made)
  if (drafts.is === 'unknown') return unknownWish(drafts)
  for (const draft of drafts.value) {
    const host = samePath(draft.file, home.value.server.file)
    removeAll(draft, rule, host ? home.value.place.path : '')
  }
  return wishOf(drafts.value)
}

/** For the server the root itself; for a path its locations, or the root of its own web.config. */
function scopesOf(draft: Draft, rule: Rule, path: string): readonly Element[] {
  const scopes = locationsAt(draft.root, path)
  return path === '' ? [draft.root, ...scopes] : scopes.length === 0 && rule.at === '' ? [draft.root] : scopes
}

// Bounded, so that a mistake of ours in removing cannot loop for ever.
function removeAll(draft: Draft, rule: Rule, path: string): void {
  const named = new Set<string | undefined>([rule.spec.preCondition?.name])
  for (let left = 100; left > 0; left -= 1) {
    const found = scopesOf(draft, rule, path)
      .flatMap((scope) => elementsAt(scope, rule.path))
      .flatMap((section) => childrenNamed(section, 'rule'))
      .find((element) => isOurs(element, rule.spec.name))
    if (found === undefined) break
    // The repository may have given it another name since, which alone is no reason to write.
    named.add(preConditionOf(found))
    draft.take(removeElement(draft.document, found, draft.made))
    if (draft.gone) return
  }
  for (const name of named) removePreCondition(draft, rule, { name, path })
}

/** Removes our preCondition, unless a rule that is not ours has come to use it: IIS would refuse that one. */
function removePreCondition(
  draft: Draft,
  rule: Rule,
  { name, path }: { readonly name: string | undefined; readonly path?: string },
): void {
  if (name === undefined) return
  for (let left = 100; left > 0 && !draft.gone; left -= 1) {
    const scopes =
      path === undefined
        ? [draft.root, ...childrenNamed(draft.root, 'location')]
        : scopesOf(draft, rule, path)
    const found = scopes
      .flatMap((scope) => elementsAt(scope, rule.path))
      .flatMap((section) => unused(section, name))[0]
    if (found === undefined) return
    draft.take(removeElement(draft.document, found, draft.made))
  }
}

/** PreConditions of ours that no rule of this section names. */
function unused(section: Element, name: string): readonly Element[] {
  const used = childrenNamed(section, 'rule').map((each) => attribute(each, 'preCondition') ?? '')
  return elementsAt(section, 'preConditions/preCondition').filter(
    (each) => isOurs(each, name) && !used.some((one) => hasName(each, one)),
  )
}

function wishOf(drafts: readonly Draft[]): Wish {
  const made = Object.assign({}, ...drafts.map((draft) => draft.madeByFile())) as MadeByFile
  return { is: 'wish', parts: drafts.flatMap((draft) => draft.parts()), before: BEFORE, made }
}
