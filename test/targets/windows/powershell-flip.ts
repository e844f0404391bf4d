// A process to be killed: replaces one file of a server behind PowerShell for ever. Arguments: folder, Windows path.
import { digestOf } from '../../../reconciler/util/digest.ts'
import { powershellTarget } from '../../helpers/powershell.ts'

const [dir, name] = process.argv.slice(2) as [string, string]
const target = powershellTarget(dir)
const texts = ['a', 'b'].map((letter) => letter.repeat(400_000))
const { signal } = new AbortController()
for (let round = 0; ; round += 1) {
  const [from, to] = round % 2 === 0 ? texts : texts.toReversed()
  // After an earlier kill the file may be at either text; the one that does not fit is a conflict.
  await target.act(
    [{ thing: 'file', name, expect: digestOf(from!), become: new TextEncoder().encode(to) }],
    [],
    signal,
  )
  if (round === 1) process.stdout.write('flipping\n')
}
