import test from 'ava'
import { html, raw } from '../../reconciler/http/page/html.ts'
import { pageAnswer, pageHtml } from '../../reconciler/http/page/page.ts'
import { cellText, mitigationTone, type Tone } from '../../reconciler/http/page/tone.ts'
import { estate } from '../helpers/estate.ts'
import { held, mitigation, plan, report, source, status, variedStatus } from '../helpers/reports.ts'

function page(of = variedStatus(), query = ''): string {
  return pageHtml(of, [], new URLSearchParams(query))
}

test('every value is escaped, markup is not', (t) => {
  t.is(
    html`<p title="${'"\'<&>'}">${raw('<b>')}${null}${[html`<i>${1}</i>`]}</p>`.markup,
    '<p title="&quot;&#39;&lt;&amp;&gt;"><b><i>1</i></p>',
  )
})

test('hostile names stay text wherever they stand', (t) => {
  const bad = `"><script>alert(1)</script><img src=x onerror='x'>`
  const one = mitigation({
    name: bad,
    title: bad,
    reason: bad,
    origin: { file: bad, line: 1 },
    exposed: true,
  })
  const text = page(
    status(
      [
        report({
          server: bad,
          warnings: [bad],
          mitigations: [one],
          error: { code: bad, message: bad, hint: bad },
        }),
      ],
      { waiting: [bad], revision: bad },
    ),
    `q=${encodeURIComponent('"><script>')}`,
  )
  const own = text.split('<script>').length - 1
  t.is(own, 1, 'only the script of our own')
  t.false(text.includes('<img'))
  t.true(text.includes('&quot;&gt;&lt;script&gt;'))
})

test('it shows revision, unsigned, fetch failures, refusal, waiting servers and hints, without secrets', (t) => {
  const text = pageHtml(variedStatus(), [{ text: 'Delete a rule', command: 'rm "x"' }], new URLSearchParams())
  for (const part of [
    '>unsigned</span>',
    'Fetch fails (dns)',
    '12 times',
    'Revision refused (invalid)',
    'policies/a.yaml:3:9',
    'Not looked at yet: ex05',
    'stopgap allow sha256:',
    'rm &quot;x&quot;',
    '(2 exposed) Stopgap',
  ]) {
    t.true(text.includes(part), part)
  }
  t.false(text.includes('hunter22'))
})

test('it asks for nothing from elsewhere', (t) => {
  const text = page(status(estate(3, 3)))
  t.notRegex(text, /(?:src|href|action)="(?!\/|data:,)/)
  t.notRegex(text, /@import|url\(/)
})

test('the policy allows exactly its own style and script', (t) => {
  const { headers } = pageAnswer(variedStatus(), [], new URLSearchParams())
  const csp = headers?.['Content-Security-Policy'] ?? ''
  t.regex(csp, /default-src 'none'/)
  t.regex(csp, /script-src 'sha256-[A-Za-z0-9+/]{43}='/)
  t.notRegex(csp, /unsafe/)
})

test('an empty estate is a page too', (t) => {
  const text = page(status([], { revision: null, source: source({ committed: null }) }))
  t.true(text.includes('none yet'))
  t.true(text.includes('No server to show.'))
})

test('1 000 servers come in pages of 50, can be searched and stay small', (t) => {
  const many = status(estate(1000, 30))
  const rows = (text: string) => text.split('<tr><th scope="row">').length - 1
  const text = page(many)
  t.is(rows(text), 50)
  t.true(text.includes('page 1 of 20'))
  t.true(text.length < 4e6, String(text.length))
  t.true(page(many, 'page=20').includes('ex0999.contoso'))
  t.true(page(many, 'page=9999').includes('ex0999.contoso'))
  t.is(rows(page(many, 'page=-1')), 50)
  t.is(rows(page(many, 'page=x')), 50)
  t.is(rows(page(many, 'q=EX0123')), 1)
  t.is(rows(page(many, 'show=attention')), 0)
})

const cell = test.macro((t, of: Parameters<typeof mitigation>[0], text: string, tone: Tone) => {
  t.is(cellText(mitigation(of)), text)
  t.is(mitigationTone(mitigation(of)), tone)
})

test('in sync', cell, {}, 'in sync', 'good')
test('fixed and gone', cell, { verdict: 'fixed', state: 'absent' }, 'fixed', 'none')
test('fixed and there', cell, { verdict: 'fixed', state: 'pending' }, 'fixed, pending', 'warn')
test('blocked and exposed', cell, { verdict: 'blocked', state: 'absent', exposed: true }, 'blocked', 'bad')
test('drifted', cell, { state: 'drifted', exposed: true }, 'drifted', 'moved')
test('unknown', cell, { verdict: 'unknown', state: 'unknown' }, 'unknown', 'bad')

test('what is only audited is counted and hides nothing that waits for somebody', (t) => {
  const audited = Array.from({ length: 24 }, (_, n) => held({ key: `k${n}`, reason: 'audit' }))
  const text = page(status([report({ result: 'held', plan: plan([], [...audited, held()]) })]))
  t.regex(text, /24 changes only audited: nothing is written/)
  t.regex(text, /<b>Held: unprotects\.<\/b>/)
  t.false((text.split('Needs attention')[1] ?? '').includes('Held: audit'))
  t.regex(text, /<b>1<\/b><small>changes held<\/small>/)
})
