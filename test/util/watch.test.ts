import { mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { type WatchOptions, watchPaths } from '../../reconciler/util/watch.ts'

async function folder(t: ExecutionContext): Promise<string> {
  const made = await realpath(await mkdtemp(join(tmpdir(), 'stopgap-watch-')))
  t.teardown(() => rm(made, { recursive: true, force: true }))
  return made
}

async function watching(t: ExecutionContext, paths: readonly string[], options: WatchOptions = {}) {
  let count = 0
  const watched = watchPaths(paths, () => (count += 1), options)
  t.teardown(() => watched.close())
  await watched.ready
  const more = async (than: number) => {
    for (let waited = 0; waited < 60_000 && count <= than; waited += 10) await sleep(10)
    return count > than
  }
  t.true(await more(0), 'it tells once when watching has begun')
  return { more, count: () => count, close: () => watched.close() }
}

test('a burst is told once, soon after its end', async (t) => {
  const dir = await folder(t)
  const { more, count } = await watching(t, [dir])
  const before = count()
  for (let file = 0; file < 20; file += 1) await writeFile(join(dir, `${file}.yaml`), 'a')
  t.true(await more(before))
  await sleep(400)
  t.true(count() <= before + 2, `told ${count() - before} times`)
})

test('what never rests is told all the same', async (t) => {
  const dir = await folder(t)
  const { count } = await watching(t, [dir], { quiet: 200, patience: 400 })
  const before = count()
  for (let time = 0; time < 30; time += 1) {
    await writeFile(join(dir, 'a.yaml'), String(time))
    await sleep(50)
  }
  t.true(count() - before >= 2, `told ${count() - before} times in 1.5 s`)
})

test('a folder replaced by another of its name is seen, and what happens in it then', async (t) => {
  const dir = await folder(t)
  const path = join(dir, 'policy')
  await mkdir(path)
  await writeFile(join(path, 'a.yaml'), '1')
  const { more, count } = await watching(t, [path])
  let before = count()
  await mkdir(join(dir, 'next'))
  await writeFile(join(dir, 'next', 'a.yaml'), '2')
  await rename(path, join(dir, 'old'))
  await rename(join(dir, 'next'), path)
  t.true(await more(before), 'the swap')
  await sleep(500)
  before = count()
  await writeFile(join(path, 'b.yaml'), '3')
  t.true(await more(before), 'a write after the swap')
})

test('a link swapped for another is seen, at the path itself and below it', async (t) => {
  const dir = await folder(t)
  for (const name of ['one', 'two']) {
    await mkdir(join(dir, name))
    await writeFile(join(dir, name, 'a.yaml'), name)
  }
  const swap = async (link: string, to: string) => {
    await symlink(to, `${link}.new`)
    await rename(`${link}.new`, link)
  }
  await mkdir(join(dir, 'mount'))
  await symlink(join(dir, 'one'), join(dir, 'mount', '..data'))
  await symlink(join(dir, 'one'), join(dir, 'current'))
  const below = await watching(t, [join(dir, 'mount')])
  let before = below.count()
  await swap(join(dir, 'mount', '..data'), join(dir, 'two'))
  t.true(await below.more(before), 'below')
  const itself = await watching(t, [join(dir, 'current')])
  before = itself.count()
  await swap(join(dir, 'current'), join(dir, 'two'))
  t.true(await itself.more(before), 'itself')
  await sleep(500)
  before = itself.count()
  await writeFile(join(dir, 'two', 'b.yaml'), 'new')
  t.true(await itself.more(before), 'in what the link now names')
})

test('a path that is not there yet is seen when it appears', async (t) => {
  const dir = await folder(t)
  const { more, count } = await watching(t, [join(dir, 'later', 'file.json')])
  const before = count()
  await mkdir(join(dir, 'later'))
  await writeFile(join(dir, 'later', 'file.json'), '{}')
  t.true(await more(before))
})

test('after close nothing is told, also when closed before it was ready', async (t) => {
  const dir = await folder(t)
  const { count, close } = await watching(t, [dir])
  await close()
  const before = count()
  await writeFile(join(dir, 'a.yaml'), 'a')
  await sleep(300)
  t.is(count(), before)
  const early = watchPaths([dir], () => t.fail('told after close'))
  await early.close()
  await early.ready
  await sleep(200)
})
