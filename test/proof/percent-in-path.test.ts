import test from 'ava'
import { laboratory } from '../../reconciler/commands/laboratory.ts'
import { addressed } from '../../reconciler/proof/address.ts'
import { webServer } from '../../reconciler/proof/web-server.ts'

const server = webServer(laboratory().see)

const answered = test.macro((t, url: string) => {
  const found = addressed({ method: 'GET', url })
  if (found.is !== 'request') return t.fail(found.why)
  const { raw, decoded } = server.answerBoth(found.request, { site: found.site })
  t.is(raw.is, 'pass')
  t.is(decoded.is, 'pass')
})
test('percent signs that are left in a path name no variable', answered, '/autodiscover/a%250a/%2550b/')
test('not even where the server has one of that name', answered, '/owa/%25windir%25/x')
