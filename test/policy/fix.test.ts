import test from 'ava'
import type { FixedIn } from '../../reconciler/model/catalogue.ts'
import type { Sighting } from '../../reconciler/model/thing.ts'
import { fixOf } from '../../reconciler/policy/fix.ts'
import { at, builds, facts, mitigation, without } from '../helpers/catalogue.ts'

const FIXED = builds({ '15.1.2507': '15.1.2507.6', '15.2.1544': '15.2.1544.4' })
const DLL = 'C:\\x.dll'
const inFile = (versions: Record<string, string>): FixedIn => ({ is: 'file', file: DLL, versions })
const here = (value: string): Sighting<string> => ({ is: 'here', digest: 'sha256:0', value })

interface Case {
  readonly keepUntil?: FixedIn
  readonly fixedIn?: FixedIn
  readonly seen?: Sighting<string>
  readonly exchange?: string
  readonly fixed: 'yes' | 'no' | 'unknown'
  readonly below: 'yes' | 'no' | 'unknown'
  readonly version: string | null
}

const fix = test.macro({
  title: (_, what: string) => what,
  exec(t, _: string, { keepUntil, fixedIn = FIXED, seen = { is: 'absent' }, ...rest }: Case) {
    const entry = mitigation('M1', {
      fixedIn: { ...fixedIn, origin: at('m') },
      ...(keepUntil ? { keepUntil: { ...keepUntil, origin: at('m') } } : {}),
    })
    const asked: string[] = []
    const versions = (path: string): Sighting<string> => {
      asked.push(path)
      return seen
    }
    const found = fixOf(entry, facts({ exchange: rest.exchange ?? '15.1.2507.6' }), versions)
    t.deepEqual(
      { fixed: found.fixed.is, below: found.below.is, version: found.version },
      { fixed: rest.fixed, below: rest.below, version: rest.version },
    )
    t.deepEqual([...new Set(asked)], fixedIn.is === 'file' || keepUntil?.is === 'file' ? [DLL] : [])
  },
})

const yes = { fixed: 'yes', version: '15.1.2507.6' } as const
test(fix, 'no keepUntil', { ...yes, below: 'no' })
test(fix, 'keepUntil without lanes keeps nothing', { ...yes, keepUntil: builds({}), below: 'no' })
test(fix, 'kept for good', { ...yes, keepUntil: { is: 'permanent', text: 'x' }, below: 'yes' })
test(fix, 'below keepUntil', { ...yes, keepUntil: builds({ '15.1.2507': '15.1.2507.7' }), below: 'yes' })
test(fix, 'at keepUntil', { ...yes, keepUntil: builds({ '15.1.2507': '15.1.2507.6' }), below: 'no' })
test(fix, 'its lane has nothing to keep', {
  ...yes,
  keepUntil: builds({ '15.1.9999': '15.1.9999.1' }),
  below: 'no',
})
test(fix, 'a lane in neither is newer than what is fixed, not than what is kept', {
  keepUntil: builds({ '15.2.2562': '15.2.2562.45' }),
  exchange: '15.2.1748.1',
  fixed: 'yes',
  below: 'yes',
  version: '15.2.1748.1',
})
test(fix, 'a lane in neither is newer than both', {
  keepUntil: builds({ '15.2.1544': '15.2.1544.9' }),
  exchange: '15.2.1748.1',
  fixed: 'yes',
  below: 'no',
  version: '15.2.1748.1',
})
test(fix, 'kept until a file has a version', {
  ...yes,
  keepUntil: inFile({ '10.0.1': '10.0.1.5' }),
  seen: here('10.0.1.4'),
  below: 'yes',
})
test(fix, 'kept while that file is not there', {
  ...yes,
  keepUntil: inFile({ '10.0.1': '10.0.1.5' }),
  below: 'yes',
})
test(fix, 'unknown while that file is', {
  ...yes,
  keepUntil: inFile({ '10.0.1': '10.0.1.5' }),
  seen: { is: 'unknown', why: 'x' },
  below: 'unknown',
})
test(fix, 'lanes of a file are not those of Exchange', {
  fixedIn: inFile({ '15.1.2507': '15.1.2507.1' }),
  keepUntil: builds({ '15.1.2508': '15.1.2508.1' }),
  seen: here('15.1.2507.2'),
  fixed: 'yes',
  below: 'yes',
  version: '15.1.2507.2',
})
test(fix, 'what is not fixed is not kept', {
  keepUntil: { is: 'permanent', text: 'x' },
  exchange: '15.1.2507.5',
  fixed: 'no',
  below: 'no',
  version: null,
})
test(fix, 'a permanent one is never fixed', {
  fixedIn: { is: 'permanent', text: 'x' },
  fixed: 'no',
  below: 'no',
  version: null,
})

test('without the build nothing is claimed', (t) => {
  const { fixed, version } = fixOf(mitigation('M1'), without(['exchange']), () => ({ is: 'absent' }))
  t.is(fixed.is, 'unknown')
  t.is(version, null)
})
