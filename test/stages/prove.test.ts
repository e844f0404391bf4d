import test from 'ava'
import { laboratory } from '../../reconciler/commands/laboratory.ts'
import { kinds } from '../../reconciler/kinds/registry.ts'
import type { Mitigation } from '../../reconciler/model/catalogue.ts'
import type { See } from '../../reconciler/model/thing.ts'
import { proven } from '../../reconciler/stages/prove.ts'
import { blind } from '../helpers/machine.ts'
import { checkFiles, mitigation } from '../helpers/policy.ts'
import { shipped } from '../helpers/shipped.ts'

function only(spec: string, resources: string): Mitigation {
  const { catalogue, diagnostics } = checkFiles({ 'mitigations/x.yaml': mitigation('X', spec, resources) })
  const found = catalogue?.mitigations.find(({ name }) => name === 'X')
  if (found === undefined) throw new Error(JSON.stringify(diagnostics))
  return found
}

function text(see: See, file: string): string {
  const seen = see('file', file)
  if (seen.is !== 'here') throw new Error(`${file} is ${seen.is}`)
  return new TextDecoder().decode(seen.value)
}

const ROOT = 'C:\\inetpub\\wwwroot\\web.config'

for (const one of shipped().mitigations) {
  test(`${one.name} can be put on a server that needs it, and then all of it is as wanted`, (t) => {
    const { see, applies } = laboratory(one)
    t.true(applies)
    const { see: after, held, missing } = proven(see, one, kinds)
    t.deepEqual(held, [])
    t.deepEqual(missing, [])
    for (const { kind: name, entry } of one.resources) {
      const kind = kinds.find((kind) => kind.name === name)!
      for (const spec of kind.split(entry)) {
        const resource = kind.resource(spec, one.name)
        const reading = resource.read(after)
        t.is(reading.is, 'present')
        t.deepEqual(reading.is === 'present' ? reading.fields : null, resource.want)
      }
    }
  })
}

test('the server itself is as it was', (t) => {
  const m1 = shipped().mitigations.find(({ name }) => name === 'M1')!
  const { see } = laboratory(m1)
  const before = see('file', ROOT)
  const after = proven(see, m1, kinds).see
  t.deepEqual(see('file', ROOT), before)
  t.regex(text(after, ROOT), /Stopgap M1 PowerShell - inbound/)
})

const TWO = `    - kind: rewrite-rule
      at: Default Web Site
      name: one
      match: { url: ".*" }
      action: { type: None }
    - kind: rewrite-rule
      at: [Default Web Site, Default Web Site/ews]
      name: two
      match: { url: ".*" }
      action: { type: None }
    - kind: rewrite-rule
      at: Default Web Site
      name: three
      match: { url: ".*" }
      action: { type: None }`

test('resources are put one after another, and each is put over those before it', (t) => {
  const root = text(proven(laboratory().see, only('', TWO), kinds).see, ROOT)
  // Each is put first, so a later one stands before the earlier ones.
  const places = ['three', 'two', 'one'].map((name) => root.indexOf(`"Stopgap X ${name}"`))
  t.true(places.every((place) => place > 0))
  t.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  )
})

test('what IIS could no longer read is held with the place of the fault, and what comes after it is put', (t) => {
  // The application of EWS inherits the rule of the site and has one of that name itself.
  const { see, held, missing } = proven(laboratory().see, only('', TWO), kinds)
  t.deepEqual(missing, [])
  t.is(held.length, 1)
  t.is(held[0]!.entry, 1)
  t.is(held[0]!.key, 'rewrite-rule:Default Web Site/ews:two')
  t.regex(held[0]!.why, /no longer read Default Web Site\/EWS: .*EWS\\web\.config:\d+:\d+: .*duplicate/)
  t.regex(text(see, ROOT), /Stopgap X three/)
})

test('what the server has no place for is told as missing, where the mitigation skips it', (t) => {
  const skipped = `    - kind: service
      name: NoSuchService
      status: Stopped`
  const { held, missing } = proven(laboratory().see, only('', skipped), kinds)
  t.deepEqual(held, [])
  t.is(missing.length, 1)
  t.is(missing[0]!.entry, 0)
  t.regex(missing[0]!.why, /NoSuchService/)
})

test('a path that is not there is held, since a rule that acts nowhere proves nothing', (t) => {
  const nowhere = `    - kind: rewrite-rule
      at: No Such Site
      name: one
      match: { url: ".*" }
      action: { type: None }`
  const { held } = proven(laboratory().see, only('', nowhere), kinds)
  t.is(held.length, 1)
  t.regex(held[0]!.why, /No Such Site/)
})

test('on a server of which nothing can be read nothing is put', (t) => {
  const { held, see } = proven(blind, only('', TWO), kinds)
  t.is(held.length, 4)
  t.is(see('file', ROOT).is, 'unknown')
})
