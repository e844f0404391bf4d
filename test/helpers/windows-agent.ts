// A stand-in for PowerShell on a Windows server: speaks the protocol over the folder of an embedded server, and misbehaves
// as told. Arguments: folder. Environment: MISCHIEF (see `MISCHIEVOUS`), MISCHIEF_ONCE a file that exists once it was done,
// REQUESTS a file that gets a line for each request.
import { appendFileSync, existsSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { FileStep, Step, Target } from '../../reconciler/model/target.ts'
import { type AnySighting, thingKey } from '../../reconciler/model/thing.ts'
import { embeddedTarget } from '../../reconciler/targets/embedded/target.ts'
import {
  type AskedQuery,
  PROTOCOL,
  type RequestLine,
  type WireStep,
} from '../../reconciler/targets/windows/protocol.ts'

const [dir = ''] = process.argv.slice(2)
const { MISCHIEF, MISCHIEF_ONCE, REQUESTS } = process.env
const { signal } = new AbortController()
const target: Target = embeddedTarget({ name: 'stand-in', dir })

const out = (line: string) => process.stdout.write(`${line}\r\n`)
const ascii = (value: unknown) =>
  JSON.stringify(value).replaceAll(
    /[\u007f-\uffff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

/** What it does wrong, in the place of an answer to this request; false: this one is answered properly. */
const MISCHIEVOUS: { readonly [mischief: string]: (request: RequestLine) => Promise<boolean> | boolean } = {
  // The first step is done, and nobody hears of it.
  'die-in-act': async (request) => {
    if (request.do !== 'act') return false
    await target.act(request.steps.slice(0, 1).map(stepOf), [], signal)
    process.stderr.write('the power went\n')
    process.exit(7)
  },
  'die-in-look': () => process.exit(7),
  hang: () => true,
  'hang-in-act': () => true,
  garbage: () => {
    out('PS C:\\> Get-Mitigation : the term is not recognized \u001b[31m')
    return true
  },
  'half-a-line': ({ id }) => {
    process.stdout.write(`{"id":${id},"is":"do`, () => process.exit(0))
    return true
  },
  'other-id': ({ id }) => {
    out(ascii({ id: id + 1, is: 'done', value: { sightings: [] } }))
    return true
  },
  'other-shape': ({ id }) => {
    out(
      ascii({
        id,
        is: 'done',
        value: { sightings: [{ thing: 'facts', name: '', is: 'here', digest: 'x' }] },
      }),
    )
    return true
  },
  flood: () => {
    const write = () => process.stdout.write('x'.repeat(1_000_000), write)
    write()
    return true
  },
  failed: ({ id }) => {
    out(ascii({ id, is: 'failed', detail: 'the disk of WMI is full' }))
    return true
  },
  refused: ({ id }) => {
    out(ascii({ id, is: 'refused', detail: 'a process of 32 bits sees another registry' }))
    return true
  },
}

/** What it says first, where that is not what it should be. */
const GREETINGS: { readonly [mischief: string]: string } = {
  'other-protocol': ascii({
    hello: 'stopgap',
    protocol: PROTOCOL + 1,
    powershell: { version: '5.1', edition: 'Desktop' },
  }),
  'refused-at-once': ascii({
    hello: 'stopgap',
    refused: 'PowerShell runs in the language mode ConstrainedLanguage there',
  }),
  banner: 'Authorized use only.',
}

function stepOf(step: WireStep): Step {
  if (step.thing !== 'file') return step
  const become: FileStep['become'] = step.become === null ? 'absent' : Buffer.from(step.become, 'base64')
  return { ...step, become }
}

/** As the program writes them: a file in base64. */
function written(queries: readonly AskedQuery[], seen: (key: string) => AnySighting | undefined): unknown[] {
  return queries.map(({ thing, name, known }) => {
    const one = seen(thingKey(thing, name))
    if (one === undefined || (one.is === 'here' ? one.digest : one.is) === known)
      return { thing, name, is: 'same' }
    if (one.is !== 'here' || !(one.value instanceof Uint8Array)) return { thing, name, ...one }
    return { thing, name, ...one, value: Buffer.from(one.value).toString('base64') }
  })
}

const EXAMINED = {
  user: 'CONTOSO\\svc-stopgap',
  elevated: true,
  computer: 'EX01',
  powershell: { version: '5.1.20348.2849', edition: 'Desktop' },
  languageMode: 'FullLanguage',
  is64Bit: true,
  clock: 1_796_126_400_000,
  universalCrt: null,
  configurationRedirected: null,
  recordFolder: true,
}

async function answered(request: RequestLine): Promise<unknown> {
  switch (request.do) {
    case 'look': {
      const known = request.queries.flatMap(({ thing, name, known }) =>
        known === null ? [] : [[thingKey(thing, name), known] as const],
      )
      const { sightings } = await target.look(request.queries, new Map(known), signal)
      return { sightings: written(request.queries, (key) => sightings.get(key)) }
    }
    case 'act': {
      const { results, sightings } = await target.act(request.steps.map(stepOf), request.queries, signal)
      return { results, sightings: written(request.queries, (key) => sightings.get(key)) }
    }
    case 'examine':
      return EXAMINED
    case 'fetch':
      return { status: null, milliseconds: 1, error: `nothing listens at ${request.url}` }
    case 'event':
      return { written: false, why: 'there is no event log here' }
  }
}

/** `hang-in-act` is for acts, `hang` for everything; each at most once where that is asked for. */
function isMeant(mischief: string, request: RequestLine): boolean {
  const only = /-in-(\w+)$/.exec(mischief)?.[1] ?? request.do
  if (only !== request.do || (MISCHIEF_ONCE !== undefined && existsSync(MISCHIEF_ONCE))) return false
  if (MISCHIEF_ONCE !== undefined) writeFileSync(MISCHIEF_ONCE, mischief)
  return true
}

async function answer(request: RequestLine): Promise<void> {
  if (REQUESTS !== undefined) appendFileSync(REQUESTS, `${request.do}\n`)
  if (MISCHIEF !== undefined && isMeant(MISCHIEF, request) && (await MISCHIEVOUS[MISCHIEF]?.(request))) return
  try {
    out(ascii({ id: request.id, is: 'done', value: await answered(request) }))
  } catch (error) {
    out(ascii({ id: request.id, is: 'failed', detail: String(error) }))
  }
}

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const { value: program } = await lines.next()
if (!/^[A-Za-z0-9+/]+=*$/.test(String(program))) throw new Error('the first line is no program')
out(
  GREETINGS[MISCHIEF ?? ''] ??
    ascii({ hello: 'stopgap', protocol: PROTOCOL, powershell: { version: 'none', edition: 'stand-in' } }),
)
for await (const line of lines) await answer(JSON.parse(line))
