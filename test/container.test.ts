// The image cannot be built wherever the tests run, so these rules stand in for a build: see docs/containers.md.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { ROOT } from './helpers/code.ts'
import { copyOf, instructionsOf } from './helpers/dockerfile.ts'

const text = readFileSync(join(ROOT, 'Dockerfile'), 'utf8')
const all = instructionsOf(text)
const final = all.filter(({ stage }) => stage === all.at(-1)?.stage)
const ignored = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n')

const KNOWN =
  /^(FROM|RUN|COPY|ENV|USER|WORKDIR|VOLUME|EXPOSE|STOPSIGNAL|HEALTHCHECK|ENTRYPOINT|CMD|ARG|LABEL)$/

function last(name: string): string {
  return final.findLast((one) => one.name === name)?.args ?? ''
}

test('every instruction is one, and continued lines are joined', (t) => {
  for (const { name, args } of all) t.regex(name, KNOWN, args)
  t.deepEqual(instructionsOf('from a as b\n# no\nRUN x \\\n  && y\n'), [
    { name: 'FROM', args: 'a as b', stage: 'b' },
    { name: 'RUN', args: 'x && y', stage: 'b' },
  ])
})

test('the base is pinned to the Node that the tests run on, and is the same in each stage', (t) => {
  const bases = all.filter(({ name }) => name === 'FROM').map(({ args }) => args.split(' ')[0]!)
  const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  t.deepEqual([...new Set(bases)], [`node:${devDependencies.node}-slim`])
  t.true(bases.length > 1)
})

test('what is copied exists, is not ignored, or comes from a stage that makes it', (t) => {
  const stages = new Set(all.map(({ stage }) => stage))
  for (const one of all.filter(({ name }) => name === 'COPY')) {
    const { from, sources } = copyOf(one)
    t.true(sources.length > 0, one.args)
    if (from !== null) t.true(stages.has(from), one.args)
    else {
      for (const source of sources) {
        t.true(existsSync(join(ROOT, source)), source)
        t.true(ignored.includes(`!${source}`), `.dockerignore leaves ${source} out`)
      }
    }
  }
  t.is(ignored.filter((line) => !line.startsWith('#'))[0], '*')
})

test('everything that the launcher reads is in the image', (t) => {
  const copied = final.filter(({ name }) => name === 'COPY').flatMap((one) => copyOf(one).sources)
  for (const path of [
    'bin',
    'mitigations',
    'policies',
    '/src/dist',
    '/src/node_modules',
    '/src/package.json',
  ]) {
    t.true(copied.includes(path), path)
  }
})

test('it runs as a numbered user without rights, whose home and state are the volume', (t) => {
  t.regex(last('USER'), /^[1-9]\d{3,}:[1-9]\d{3,}$/)
  const [uid] = last('USER').split(':')
  t.true(
    final.some(({ args }) => args.includes(`--uid ${uid} `) && args.includes('--home-dir /var/lib/stopgap ')),
  )
  t.deepEqual(JSON.parse(last('VOLUME')), ['/var/lib/stopgap'])
  // Nothing after USER may need rights.
  const after = final.slice(final.findIndex(({ name }) => name === 'USER') + 1)
  t.false(after.some(({ name }) => name === 'RUN' || name === 'COPY'))
})

test('packages come without recommendations and leave no lists; tools of the daemon are there', (t) => {
  const run = final.find(({ args }) => args.includes('apt-get install'))?.args ?? ''
  for (const word of [
    '--no-install-recommends',
    'rm -rf /var/lib/apt/lists/*',
    ' git ',
    ' openssh-client',
    ' ca-certificates',
  ]) {
    t.true(run.includes(word), word)
  }
})

test('signals reach the process, and its health is asked for without further tools', (t) => {
  t.is(last('STOPSIGNAL'), 'SIGTERM')
  // A list, not a text: a shell would be process 1 and keep signals from us.
  const command = [...JSON.parse(last('ENTRYPOINT')), ...JSON.parse(last('CMD'))]
  t.deepEqual(command.slice(0, 3), ['node', '/opt/stopgap/bin/stopgap.js', 'run'])
  const port = last('EXPOSE')
  t.true(command.includes(`0.0.0.0:${port}`))
  const check = JSON.parse(last('HEALTHCHECK').replace(/^.*? CMD /, ''))
  t.deepEqual(check.slice(0, 2), ['node', '-e'])
  t.true(check[2].includes(`http://127.0.0.1:${port}/healthz`))
})
