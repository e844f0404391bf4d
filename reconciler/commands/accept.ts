import { actorName, configOf } from '../compose.ts'
import { StopgapError } from '../errors/error.ts'
import { fullRef } from '../sources/location.ts'
import { acceptRevision } from '../sources/memory.ts'
import { gitRevision, isRevision } from '../sources/revision.ts'
import { openState } from '../state/folder.ts'
import { readSourceStatus } from '../state/source-status.ts'
import { storesIn } from '../state/stores.ts'
import { now } from '../util/clock.ts'
import { type CommonFlags, type Console, printJson } from './context.ts'

/** Takes a revision by name although it does not descend from the one in force. */
export async function accept(named: string, flags: CommonFlags, console: Console): Promise<number> {
  const config = await configOf(flags)
  const state = await openState(config.state)
  const refused = (await readSourceStatus(state))?.rejected?.revision ?? null
  const revision = wholeName(named, refused, config.source.ref)
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

/** As status names it; or the hash as git names it, which may be shortened for the revision that is refused now. */
function wholeName(named: string, refused: string | null, ref: string): string {
  if (isRevision(named)) return named
  const hash = refused?.slice(refused.indexOf(':') + 1) ?? ''
  if (refused !== null && /^[0-9a-f]{7,}$/.test(named) && hash.startsWith(named)) return refused
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(named)) return gitRevision(fullRef(ref), named)
  throw new StopgapError('ARGUMENT_INVALID', {
    what: `${named} is no revision`,
    remedy: `Nothing was accepted. Name it as status does, such as ${refused ?? 'main@sha1:…'}`,
  })
}
