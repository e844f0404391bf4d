import test from 'ava'
import { laboratory } from '../../../reconciler/commands/laboratory.ts'
import { kinds } from '../../../reconciler/kinds/registry.ts'
import { blockedOf } from '../../../reconciler/proof/bypass/blocked.ts'
import { LIMITS, searchBypasses } from '../../../reconciler/proof/bypass/search.ts'
import { testCase } from '../../../reconciler/proof/case.ts'
import { webServer } from '../../../reconciler/proof/web-server.ts'
import { proven } from '../../../reconciler/stages/prove.ts'
import { shipped } from '../../helpers/shipped.ts'

const withRules = shipped().mitigations.filter(({ resources }) =>
  resources.some(({ kind }) => kind === 'rewrite-rule'),
)

test('there are such mitigations', (t) => {
  t.true(withRules.length >= 2)
})

for (const mitigation of withRules)
  test(`${mitigation.name}: no way around it that HTTP and IIS, or attackers before, make the same`, (t) => {
    const cases = mitigation.tests.map(testCase).filter((one) => typeof one !== 'string')
    const blocked = cases.filter(({ expect }) => expect.is === 'blocked')
    t.true(blocked.length > 0)
    const server = webServer(proven(laboratory(mitigation).see, mitigation, kinds).see)
    const { bypasses, ended, notBlocked } = searchBypasses(
      blocked.map(({ request }) => request),
      (requests) =>
        server
          .answerBothEach(requests.map((request) => ({ request, site: 'Default Web Site' })))
          .map(blockedOf),
      // Time is the bench's matter.
      { ...LIMITS, milliseconds: 120_000 },
    )
    t.is(ended, 'complete')
    t.deepEqual(notBlocked, [])
    t.deepEqual(
      bypasses.filter(({ confidence }) => confidence !== 'possible').map(({ request }) => request),
      [],
    )
  })
