import { actorName, configOf } from '../compose.ts'
import { acceptRevision } from '../sources/memory.ts'
import { openState } from '../state/folder.ts'
import { storesIn } from '../state/stores.ts'
import { now } from '../util/clock.ts'
import { type CommonFlags, type Console, printJson } from './context.ts'

/** Takes a revision by name although it does not descend from the one in force. */
export async function accept(revision: string, flags: CommonFlags, console: Console): Promise<number> {
  const config = await configOf(flags)
  const state = await openState(config.state)
  const actor = actorName()
  await acceptRevision(state.path, revision, { at: now(), actor })
  const { stores, close } = storesIn(state, { actor, now, exclusive: false })
  await stores.journal(revision, [{ is: 'accept' }])
  await close()
  if (flags.json) printJson(console, { accepted: revision })
  else
    console.out(
      `${revision} is accepted; it comes into force with the next look at the source, if it is valid`,
    )
  return 0
}
