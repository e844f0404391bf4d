import test from 'ava'
import type { Json } from '../../reconciler/model/resource.ts'
import { requestOf, type TestCase, testCase } from '../../reconciler/proof/case.ts'

function read(json: Json): TestCase {
  const found = testCase(json)
  if (typeof found === 'string') throw new Error(found)
  return found
}

test('a short request is a method and a path, for Default Web Site', (t) => {
  const { name, request, site, response, expect } = read({
    name: 'a',
    request: 'POST /owa/?a=%41&b',
    expect: 'blocked',
  })
  t.is(name, 'a')
  t.like(request, { method: 'POST', url: '/owa/?a=%41&b', https: true, port: 443, headers: {} })
  t.is(site, 'Default Web Site')
  t.is(response, null)
  t.deepEqual(expect, { is: 'blocked' })
})

test('a request in parts has its headers, and GET where it names no method', (t) => {
  const { request } = read({
    name: 'a',
    request: { url: '/x', headers: { Cookie: 'a=1' } },
    expect: 'passed',
  })
  t.like(request, { method: 'GET', url: '/x', headers: { Cookie: 'a=1' } })
})

test('a header that comes several times has a list', (t) => {
  const headers = { Cookie: ['a=1', 'b=2'], Accept: '*/*' }
  const { request, response } = read({
    name: 'a',
    request: { url: '/x', headers },
    response: { headers: { 'Set-Cookie': ['c=3', 'd=4'] } },
    expect: 'passed',
  })
  t.deepEqual(request.headers, headers)
  t.deepEqual(response?.headers, { 'Set-Cookie': ['c=3', 'd=4'] })
})

test('an absolute URL chooses the site by its port', (t) => {
  const { request, site } = read({
    name: 'a',
    request: 'GET https://ex01.contoso.example:444/ecp/?x',
    expect: 'passed',
  })
  t.is(site, null)
  t.like(request, { url: '/ecp/?x', host: 'ex01.contoso.example', port: 444, https: true })
})

test('a response that says little is a page with 200', (t) => {
  const given = (response: Json) => read({ name: 'a', request: 'GET /', response, expect: 'passed' }).response
  t.is(given({})?.status, 200)
  t.deepEqual(given({ headers: { 'Content-Type': 'text/xml' } })?.headers, { 'Content-Type': 'text/xml' })
  t.is(given({ status: 304 })?.status, 304)
})

test('of an exact expectation only what is written counts; absent is no header', (t) => {
  const expect: Json = { status: 302, location: '/x', headers: { A: 'absent', B: 'b' } }
  t.deepEqual(read({ name: 'a', request: 'GET /', expect }).expect, {
    is: 'exactly',
    status: 302,
    location: '/x',
    headers: { A: null, B: 'b' },
  })
  t.deepEqual(read({ name: 'a', request: 'GET /', expect: { status: 403 } }).expect, {
    is: 'exactly',
    status: 403,
    headers: {},
  })
})

test('what nobody can send says why', (t) => {
  t.regex(requestOf('/owa/') as string, /method/)
  t.regex(requestOf({ url: '/x', headers: { A: 'b\r\nC: d' } }) as string, /control character/)
  t.regex(requestOf('GET https://:x/') as string, /not a host/)
})
