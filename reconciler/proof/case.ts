import { isObject } from '../model/object.ts'
import type { Json } from '../model/resource.ts'
import type { Headers, Request, Response } from '../rewrite/exchange.ts'
import { addressed, type Written } from './address.ts'

/** What a test says must become of its request. Names of headers are as written; a value of null: there is none. */
export type Expectation =
  | { readonly is: 'blocked' }
  | { readonly is: 'passed' }
  | {
      readonly is: 'exactly'
      readonly status?: number
      readonly location?: string
      readonly headers: { readonly [name: string]: string | null }
    }

/** One test of a mitigation, ready to be tried. */
export interface TestCase {
  readonly name: string
  readonly request: Request
  /** The site that is meant whatever its bindings are; null: the bindings decide. */
  readonly site: string | null
  /** The answer of the application; null: the test says nothing of it. */
  readonly response: Response | null
  readonly expect: Expectation
}

/** An application's answer where nobody says otherwise. */
export const USUAL_RESPONSE: Response = {
  status: 200,
  headers: { 'Content-Type': 'text/html; charset=utf-8' },
  body: '<!doctype html><title>Exchange</title>',
}

/** Reads one entry of `spec.tests`, of which the schema has checked the form; a text says why it cannot be sent. */
export function testCase(json: Json): TestCase | string {
  const { name, request, response, expect } = fieldsOf(json)
  const sent = requestOf(request ?? null)
  if (typeof sent === 'string') return sent
  return {
    name: String(name),
    ...sent,
    response: response === undefined ? null : responseOf(fieldsOf(response)),
    expect: expectationOf(expect ?? null),
  }
}

/** A request as tests and side effects write it: `GET /path`, or its parts. A text says why it cannot be sent. */
export function requestOf(
  written: Json,
): { readonly request: Request; readonly site: string | null } | string {
  const parts = writtenOf(written)
  if (parts === null)
    return 'it is not written as a method, one blank, and a URL or a path that begins with a slash'
  const found = addressed(parts)
  return found.is === 'fault' ? found.why : { request: found.request, site: found.site }
}

/** The parts of a written request; null for a text that is none. */
export function writtenOf(written: Json): (Written & { readonly headers: Headers }) | null {
  const { method = 'GET', url, headers } = typeof written === 'string' ? shortOf(written) : fieldsOf(written)
  return url === undefined ? null : { method: String(method), url: String(url), headers: headersOf(headers) }
}

function shortOf(text: string): { readonly [part: string]: Json } {
  const [, method = '', url = ''] = /^(\S+) (\S+)$/.exec(text) ?? []
  return url === '' ? {} : { method, url }
}

function responseOf({ status, headers }: { readonly [field: string]: Json }): Response {
  return {
    status: typeof status === 'number' ? status : USUAL_RESPONSE.status,
    headers: headersOf(headers),
    body: USUAL_RESPONSE.body,
  }
}

function expectationOf(json: Json): Expectation {
  if (json === 'blocked' || json === 'passed') return { is: json }
  const { status, location, headers } = fieldsOf(json)
  return {
    is: 'exactly',
    ...(typeof status === 'number' ? { status } : {}),
    ...(typeof location === 'string' ? { location } : {}),
    headers: Object.fromEntries(
      Object.entries(fieldsOf(headers ?? null)).map(([name, value]) => [
        name,
        value === 'absent' ? null : String(value),
      ]),
    ),
  }
}

function headersOf(json: Json | undefined): Headers {
  return Object.fromEntries(
    Object.entries(fieldsOf(json ?? null)).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map(String) : String(value),
    ]),
  )
}

function fieldsOf(json: Json): { readonly [field: string]: Json } {
  return isObject(json) ? json : {}
}
