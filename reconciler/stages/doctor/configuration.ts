import { configuration } from '../../iis/configuration.ts'
import { adviceOf } from '../../model/advice.ts'
import type { Examined } from '../../model/examined.ts'
import type { Facts } from '../../model/facts.ts'
import type { Finding } from '../../model/finding.ts'
import type { See } from '../../model/thing.ts'
import { count } from '../../util/words.ts'
import { failure, ok } from './finding.ts'
import { hasIis } from './system.ts'

/** Whether the configuration of IIS is the server's own, and can be read. */
export function configurationFindings(see: See, facts: Facts, examined: Examined | null): readonly Finding[] {
  const read = configuration(see)
  if (!hasIis(facts)) return []
  if (read.is === 'unknown' && read.held === 'redirected') return [redirected(read.why)]
  // The program on the server may have seen what we could not.
  const elsewhere = examined?.configurationRedirected ?? null
  if (elsewhere !== null)
    return [redirected(`the configuration of this server is shared and lies in ${elsewhere}`)]
  if (read.is === 'unknown')
    return [
      failure(
        'configuration',
        read.why,
        'Nothing is written without it. Put the file right: IIS could not start from it either, or this account may not read it.',
      ),
    ]
  const { file, sites } = read.value
  return [ok('configuration', `${file}, with ${count(sites.length, 'site')}`)]
}

function redirected(what: string): Finding {
  return failure('configuration', what, adviceOf('redirected', ''))
}
