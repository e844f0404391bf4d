import { readFile } from 'node:fs/promises'
import test, { type ExecutionContext } from 'ava'
import type { FileStep, Step } from '../../reconciler/model/target.ts'
import { type AnySighting, type Thing, thingKey } from '../../reconciler/model/thing.ts'
import { digestOf } from '../../reconciler/util/digest.ts'
import { embeddedServer } from './embedded-server.ts'
import { noPwsh, powershellTarget, slot } from './powershell.ts'

export const never = () => new AbortController().signal

/** A test of the program in a real PowerShell, with an embedded server in place of Windows. */
export const on = (title: string, body: (t: ExecutionContext, dir: string) => Promise<void>) => {
  if (noPwsh !== null) {
    test.skip(`${title} (${noPwsh})`, (t) => t.pass())
    return
  }
  test(title, async (t) => {
    await slot(t)
    await body(t, await embeddedServer(t))
  })
}

/** The target, closed when the test ends; `more` are functions in place of those of the program. */
export function reached(t: ExecutionContext, dir: string, more?: string) {
  const target = powershellTarget(dir, more)
  t.teardown(() => target.close())
  const act = async (...steps: readonly Step[]) => (await target.act(steps, [], never())).results
  const see = async (thing: Thing, name: string): Promise<AnySighting> =>
    (await target.look([{ thing, name }], new Map(), never())).sightings.get(thingKey(thing, name))!
  return { target, act, see }
}

/** A step that makes the file something else than it is now. */
export const replacing = async (path: string, name: string, text: string): Promise<FileStep> => ({
  thing: 'file',
  name,
  expect: digestOf(await readFile(path)),
  become: new TextEncoder().encode(text),
})
