import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import test from 'ava'
import { batch } from '../../reconciler/commands/request/batch.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

test('a stream of many configurations keeps only the last of them', async (t) => {
  const lines = batch()
  let next = 0
  const heapBehind = async (count: number): Promise<number> => {
    for (const end = next + count; next < end; next += 1) {
      const rewriteXml = `<rewrite><rules><rule name="r${next}"><match url="^x${next}$" /><action type="AbortRequest" /></rule></rules></rewrite>`
      lines.answer([JSON.stringify({ id: next, rewriteXml, request: { url: `/x${next}` } })])
    }
    await new Promise((resolve) => setImmediate(resolve))
    collectGarbage()
    return process.memoryUsage().heapUsed
  }
  // More than are kept ready.
  const before = await heapBehind(500)
  const grown = (await heapBehind(2_000)) - before
  t.true(grown < 2_000_000, `${grown} bytes for 2000 configurations`)
})
