import fc from 'fast-check'

// Pieces of expressions, wildcards and nonsense, some of which no engine likes.
// biome-ignore format: a list
const PATTERN_PIECES = [
  '.*', '(.*)', '^', '$', '|', '[a-z]', '[^/]+', '(?=.*a)', '(?!b)', '(?:x|y)', '\\d', '\\.', '\\1',
  '\\b', 'owa', '*', '?', '+', '{2}', '{2,', '(', ')', '[', ']', '\\', '(?<=a)', '(?<n>a)', '\\p{L}',
  '\\u{41}', '(?i)', '/', '%', '&', '"', '<', 'é', '\u{1F600}', '.', '()', '(a|b)?', '[\\s\\S]',
  '\\x41', '\\cA', '[z-a]', '(?>a)',
]

// Pieces of templates, whole and broken.
// biome-ignore format: a list
const TEMPLATE_PIECES = [
  '{R:0}', '{R:1}', '{R:9}', '{C:0}', '{C:1}', '{C:12}', '{URL}', '{REQUEST_URI}', '{QUERY_STRING}',
  '{HTTP_COOKIE}', '{HTTP_HOST}', '{NOPE}', '{ToLower:', '{UrlEncode:', '{UrlDecode:', '{HtmlEncode:',
  '{M:', '{Nowhere:', '}', '{', '{}', '{:}', '/', 'a', '?', 'b=c', '&', 'http://', '//h', '..', '%41',
  '%', '#', ' ', '"', '<', 'é', '\u{1F600}', '{RESPONSE_STATUS}', '{R:', '{R:-1}',
]

// biome-ignore format: a list
const URL_PIECES = [
  '/', '//', '/.', '/..', 'owa', 'a', 'A', '%41', '%2f', '%2F', '%5c', '\\', '%00', '%0a', '%', '%zz',
  '%u0041', '%u', '%c3%a9', '%ff', '%C0%AF', '?', '&', '=', 'x=1', ';', '.aspx', '+', ' ', 'é', '~',
  '@', ':', '#', '%252f',
]

const joinedOf = (pieces: readonly string[], most: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...pieces), { maxLength: most }).map((all) => all.join(''))

/** Mostly something sound, for a set with one fault has only one outcome; often of pieces, sometimes any text there is. */
const either = (sound: readonly string[], pieces: readonly string[], weight: number): fc.Arbitrary<string> =>
  fc.oneof(
    { weight, arbitrary: fc.constantFrom(...sound) },
    { weight: 2, arbitrary: joinedOf(pieces, 6) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
  )

const PATTERNS = ['.*', '(.*)', 'owa', '^a', '[^/]*/?(.*)', '(?=.*a)', '*', '(a|b)*c']
const TEMPLATES = [
  '/x',
  '{R:0}',
  '/{ToLower:{URL}}',
  'http://h/{R:0}',
  '/{UrlDecode:{REQUEST_URI}}',
  '{M:{URL}}x',
]

/** Texts of which many are no patterns, or no templates. */
export const patternText = either(PATTERNS, PATTERN_PIECES, 1)
export const templateText = either(TEMPLATES, TEMPLATE_PIECES, 1)
const pattern = either(PATTERNS, PATTERN_PIECES, 60)
const template = either(TEMPLATES, TEMPLATE_PIECES, 60)
const bool = fc.constantFrom('true', 'false')

const conditionXml = fc
  .record({
    input: template,
    pattern,
    matchType: fc.constantFrom('Pattern', 'Pattern', 'Pattern', 'IsFile', 'IsDirectory'),
    negate: bool,
    ignoreCase: bool,
  })
  .map((attributes) => element('add', attributes))

const conditionsXml = fc
  .record({
    attributes: fc.record({
      logicalGrouping: fc.constantFrom('MatchAll', 'MatchAny'),
      trackAllCaptures: bool,
    }),
    list: fc.array(conditionXml, { maxLength: 3 }),
  })
  .map(({ attributes, list }) => element('conditions', attributes, list.join('')))

const SYNTAX = fc.constantFrom('ECMAScript', 'ECMAScript', 'ECMAScript', 'Wildcard', 'ExactMatch')

const inboundParts = fc.record({
  rule: fc.record({ patternSyntax: SYNTAX, stopProcessing: bool }),
  match: fc.record({ url: pattern, ignoreCase: bool, negate: bool }),
  conditions: conditionsXml,
  set: fc.option(fc.record({ name: fc.constantFrom('HTTP_X_A', 'V', 'HTTP_COOKIE'), value: template })),
  action: fc.record({
    type: fc.constantFrom('None', 'Rewrite', 'Redirect', 'CustomResponse', 'AbortRequest'),
    url: template,
    appendQueryString: bool,
    statusCode: fc.constantFrom('403', '403', '403', '0', '302'),
    statusReason: template,
  }),
})

const outboundParts = fc.record({
  rule: fc.record({ patternSyntax: SYNTAX, stopProcessing: bool }),
  match: fc.record({
    filterByTags: fc.constantFrom('None', 'A', 'A, Img, Form'),
    serverVariable: fc.constantFrom('', '', 'RESPONSE_Location', 'RESPONSE_STATUS', 'V'),
    pattern,
    occurrences: fc.constantFrom('0', '1'),
    negate: bool,
  }),
  conditions: conditionsXml,
  action: fc.record({ type: fc.constantFrom('None', 'Rewrite'), value: template, replace: bool }),
})

type Inbound = typeof inboundParts extends fc.Arbitrary<infer T> ? T : never
type Outbound = typeof outboundParts extends fc.Arbitrary<infer T> ? T : never

const inboundXml = (name: string) => (parts: Inbound, index: number) =>
  element(
    'rule',
    { name: `${name}${index}`, ...parts.rule },
    element('match', parts.match) +
      parts.conditions +
      (parts.set === null ? '' : element('serverVariables', {}, element('set', parts.set))) +
      element('action', parts.action),
  )

const outboundXml = (parts: Outbound, index: number) =>
  element(
    'rule',
    { name: `out${index}`, ...parts.rule },
    element('match', parts.match) + parts.conditions + element('action', parts.action),
  )

/** A `<rewrite>` element of rules that hardly anybody would write. */
export const rewriteXml: fc.Arbitrary<string> = fc
  .record({
    global: fc.array(inboundParts, { maxLength: 1 }),
    rules: fc.array(inboundParts, { minLength: 1, maxLength: 3 }),
    outbound: fc.array(outboundParts, { maxLength: 2 }),
    map: fc.record({ key: template, value: template }),
  })
  .map(({ global, rules, outbound, map }) =>
    element(
      'rewrite',
      {},
      element('globalRules', {}, global.map(inboundXml('global')).join('')) +
        element('rules', {}, rules.map(inboundXml('rule')).join('')) +
        element('outboundRules', {}, outbound.map(outboundXml).join('')) +
        element('rewriteMaps', {}, element('rewriteMap', { name: 'M' }, element('add', map))) +
        '<allowedServerVariables><add name="V" /><add name="HTTP_X_A" /></allowedServerVariables>',
    ),
  )

const HTML = [
  '<a href="',
  '/x',
  '">',
  "<img src='",
  "'>",
  '<',
  '</a>',
  'a',
  '&amp;',
  '<!--',
  '-->',
  '<script>',
  ' ',
  '\n',
]

/** A request and a response, as a line of `request --batch` has them. */
export const exchange = fc.record({
  request: fc.record({
    method: fc.constantFrom('GET', 'POST'),
    url: joinedOf(URL_PIECES, 8).map((text) => `/${text}`),
    headers: fc.record({ Cookie: joinedOf(URL_PIECES, 4), Host: fc.constantFrom('h', 'h:8080') }),
  }),
  response: fc.option(
    fc.record({
      status: fc.constantFrom(200, 302, 500),
      headers: fc.record({ Location: joinedOf(URL_PIECES, 4) }),
      body: joinedOf(HTML, 12),
    }),
  ),
})

/** An element; characters that XML does not allow are left as they are, for the reader has to bear them. */
function element(name: string, attributes: { readonly [name: string]: string }, inner = ''): string {
  const texts = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`)
  return `<${name}${texts.join('')}>${inner}</${name}>`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
