import test from 'ava'
import { requestOf } from '../../reconciler/proof/case.ts'
import { declared } from '../../reconciler/proof/side-effects.ts'

const covers = test.macro({
  exec(t, text: string, request: string, expected: boolean) {
    const is = declared(text)
    if (typeof is === 'string') return t.fail(is)
    const asked = requestOf(request)
    if (typeof asked === 'string') return t.fail(asked)
    t.is(is.covers(asked.request), expected)
  },
  title: (_, text, request, expected) => `${text} covers${expected ? '' : ' not'} ${request}`,
})

test(covers, 'GET /owa/', 'GET /owa/', true)
test(covers, 'GET /owa/', 'POST /owa/', false)
test(covers, '* /owa/', 'POST /owa/', true)
test(covers, 'GET /OWA', 'GET /owa/', true)
test(covers, 'GET /owa/', 'GET /owa/x', false)
test(covers, 'GET /owa/*', 'GET /owa/x/y?z=1', true)
test(covers, 'GET /owa*', 'GET /owafter', true)
test(covers, 'GET /owa/*', 'GET /ecp/', false)
test(covers, 'GET /owa/', 'GET /%6fwa/', true)
test(covers, 'GET /owa/', 'GET /owa/?layout=light', true)
test(covers, 'GET /owa/?layout=light', 'GET /owa/', false)
test(covers, 'GET /owa/?layout=light', 'GET /owa/?x=1&Layout=LIGHT', true)
test(covers, 'GET /owa/?layout=light', 'GET /owa/?layout=premium', false)
test(covers, 'GET /owa/?layout', 'GET /owa/?layout=premium', true)
test(covers, 'GET /owa/?layout', 'GET /owa/?layouts=premium', false)
test(covers, 'GET /x?Email=a%40b', 'GET /x?email=A@b', true)
test(covers, 'GET /x?a=100%', 'GET /x?a=100%', true)
test(covers, '* /owa/*?ae=Folder', 'POST /owa/x?ae=folder', true)
test(covers, 'GET /ecp/', 'GET https://mail.contoso.example/ecp/', true)
test(covers, 'GET https://ex01.contoso.example:444/ecp/', 'GET https://x.example:444/ecp/', true)
test(covers, 'GET https://ex01.contoso.example:444/ecp/', 'GET /ecp/', false)

for (const text of ['/owa/', 'GET owa', 'GET', '', 'GET /a /b']) {
  test(`"${text}" is no request, and says so`, (t) => {
    t.is(typeof declared(text), 'string')
  })
}
