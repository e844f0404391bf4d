import { didYouMean } from '../../formats/nearest.ts'
import { parseTemplate, piecesIn } from '../../rewrite/template.ts'
import type { Finding } from './finding.ts'
import { quoted } from './quoted.ts'
import { about, type Subject } from './subject.ts'
import { type TemplatePlace, templatesOf, type WrittenRule } from './written.ts'

/** The server variables that IIS fills in, beside those of headers (`HTTP_…`, `RESPONSE_…`). */
const KNOWN: ReadonlySet<string> = new Set(
  `ALL_HTTP ALL_RAW APP_POOL_ID APPL_MD_PATH APPL_PHYSICAL_PATH AUTH_PASSWORD AUTH_TYPE AUTH_USER CACHE_URL CERT_COOKIE
CERT_FLAGS CERT_ISSUER CERT_KEYSIZE CERT_SECRETKEYSIZE CERT_SERIALNUMBER CERT_SERVER_ISSUER CERT_SERVER_SUBJECT
CERT_SUBJECT CONTENT_LENGTH CONTENT_TYPE CRYPT_CIPHER_ALG_ID CRYPT_HASH_ALG_ID CRYPT_KEYEXCHANGE_ALG_ID CRYPT_PROTOCOL
DOCUMENT_ROOT GATEWAY_INTERFACE HTTPS HTTPS_KEYSIZE HTTPS_SECRETKEYSIZE HTTPS_SERVER_ISSUER HTTPS_SERVER_SUBJECT
IIS_URLREWRITEMODULE IIS_WASURLREWRITTEN INSTANCE_ID INSTANCE_META_PATH INSTANCE_NAME LOCAL_ADDR LOGON_USER PATH_INFO PATH_TRANSLATED QUERY_STRING REMOTE_ADDR
REMOTE_HOST REMOTE_PORT REMOTE_USER REQUEST_FILENAME REQUEST_METHOD REQUEST_URI SCRIPT_FILENAME SCRIPT_NAME
SCRIPT_TRANSLATED SERVER_ADDR SERVER_NAME SERVER_PORT SERVER_PORT_SECURE SERVER_PROTOCOL SERVER_SOFTWARE
SSI_EXEC_DISABLED UNENCODED_URL UNMAPPED_REMOTE_USER URL URL_PATH_INFO`.split(/\s+/),
)

/** Headers that are often misspelt; any other header is somebody's own. */
const HEADERS = 'ACCEPT AUTHORIZATION CONNECTION CONTENT_TYPE COOKIE HOST ORIGIN REFERER USER_AGENT'.split(
  ' ',
)

const PATH_ONLY: ReadonlySet<string> = new Set(['URL', 'PATH_INFO', 'SCRIPT_NAME', 'URL_PATH_INFO'])

// What people write who look for the body; HTTP_… is a header of that name, which nobody sends.
const BODY =
  /^(?:HTTP_|REQUEST_)?(?:RAW_?|ENTITY_?|CONTENT_?|POST_?)?(?:BODY|CONTENT|POST|POST_?DATA|FORM|FORM_?DATA|PAYLOAD)$/

/** Names in braces that hold nothing: on IIS an unknown variable is the empty text, so such a condition sees nothing. */
export function emptyVariables(subject: Subject): readonly Finding[] {
  return subject.rules.flatMap((rule) => [
    ...sentBack(subject, rule),
    ...constantInputs(subject, rule),
    ...templatesOf(rule).flatMap((place) =>
      variablesIn(place).flatMap((name) => emptyVariable(subject, rule, { ...place, name })),
    ),
  ])
}

/** What an outbound rule rewrites, where that is no header of the response. */
function sentBack(subject: Subject, { matchVariable }: WrittenRule): readonly Finding[] {
  if (matchVariable === null || /^RESPONSE_\w/i.test(matchVariable.text)) return []
  const { text, pointer } = matchVariable
  const header = text.replace(/^(?:HTTP|RESPONSE)[_-]/i, '').replaceAll('-', '_')
  return [
    about(subject, 'variable-unknown', pointer, {
      message: `${text} is no header of the response, so the rule changes nothing that is sent back`,
      why: 'On the way back only response headers can be rewritten, and the body.',
      remedy: `serverVariable: RESPONSE_${header}`,
    }),
  ]
}

/** Conditions on a text that no request has a part in, for want of braces. */
function constantInputs(subject: Subject, { conditions }: WrittenRule): readonly Finding[] {
  return conditions.flatMap(({ input: { text, pointer }, pattern }) => {
    const read = parseTemplate(text, new Map())
    if (pattern === null || read.is !== 'template') return []
    if (piecesIn(read.pieces).some((piece) => piece.is !== 'text')) return []
    return [
      about(subject, 'variable-unknown', pointer, {
        message: `${text} is this very text and no variable, for it has no braces`,
        why: 'The condition says the same of every request.',
        remedy: `input: ${quoted(`{${text}}`)}`,
      }),
    ]
  })
}

/** Whether a text holds the path alone, never the query. */
export function seesPathOnly(place: TemplatePlace): boolean {
  const names = variablesIn(place)
  return names.length > 0 && names.every((name) => PATH_ONLY.has(name.toUpperCase()))
}

function variablesIn({ text }: TemplatePlace): readonly string[] {
  const read = parseTemplate(text, new Map())
  if (read.is !== 'template') return []
  return piecesIn(read.pieces).flatMap((piece) => (piece.is === 'variable' ? [piece.name] : []))
}

function emptyVariable(
  subject: Subject,
  { kind }: WrittenRule,
  { pointer, name }: TemplatePlace & { readonly name: string },
): readonly Finding[] {
  const key = name.toUpperCase()
  if (KNOWN.has(key)) return []
  if (BODY.test(key))
    return [
      about(subject, 'body-not-seen', pointer, {
        message: `{${name}} is always empty: the body of a request is never visible to URL Rewrite`,
        why: 'The rule looks as if it protected, and lets everything through.',
        remedy:
          'Look for what the attack has in its URL or headers; if there is nothing, no rewrite rule can stop it.',
      }),
    ]
  const guess = guessOf(key, kind === 'outbound-rule')
  if (guess === null) return []
  return [
    about(subject, 'variable-unknown', pointer, {
      message: `{${name}} is no server variable of IIS${guess}`,
      why: 'An unknown variable is the empty text, so the rule sees nothing there and nobody is told.',
      remedy:
        'A request header is {HTTP_NAME} with _ for -; a response header, in outbound rules, {RESPONSE_NAME}.',
    }),
  ]
}

/** What was probably meant, as `; did you mean …`; null when the name may well be right. */
function guessOf(key: string, outbound: boolean): string | null {
  if (key.startsWith('HTTP_X_')) return null
  if (key.startsWith('HTTP_')) {
    const header = key.slice('HTTP_'.length)
    const guess = HEADERS.includes(header) ? '' : didYouMean(header, HEADERS)
    return guess === '' ? null : guess.replace("'", "'HTTP_")
  }
  if (key.startsWith('RESPONSE_') && outbound) return null
  return didYouMean(key, KNOWN)
}
