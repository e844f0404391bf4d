import type { Example, ExampleMachine } from '../example.ts'
import { ECP_WEB, exampleHost, exampleWeb, HOST, OWA_WEB, ROOT_WEB } from '../example-machine.ts'

/** The rule against ProxyNotShell, as published. */
export const m1 = {
  kind: 'rewrite-rule',
  at: 'Default Web Site',
  in: 'web.config',
  name: 'PowerShell - inbound',
  patternSyntax: 'ECMAScript',
  match: { url: '.*', ignoreCase: true, negate: false },
  conditions: [{ input: '{UrlDecode:{REQUEST_URI}}', pattern: '(?=.*autodiscover)(?=.*powershell)' }],
  logicalGrouping: 'MatchAll',
  action: { type: 'AbortRequest' },
  stopProcessing: true,
} as const

const foreignRule = `    <rewrite>
      <rules>
        <clear />
        <!-- ours since 2019 -->
        <rule name="to https" stopProcessing="true">
          <match url="^plain/" />
          <action type="Redirect" url="https://mail.contoso.example/" />
        </rule>
      </rules>
    </rewrite>
`

const ROOT_HEADER = 'X-Site'

function machine(root: string | null): ExampleMachine {
  const files = { [HOST]: exampleHost(), [OWA_WEB]: exampleWeb(), [ECP_WEB]: exampleWeb() }
  return { files: root === null ? files : { ...files, [ROOT_WEB]: root }, services: {}, pools: {} }
}

const header = { find: 'value="EX01"', become: 'value="EX02"' }

/** Examples of kind `rewrite-rule`. */
export const examples: readonly Example[] = [
  {
    name: 'the site has no rules yet',
    mitigation: 'M1',
    optIn: false,
    entry: m1,
    before: machine(exampleWeb('', ROOT_HEADER)),
    foreign: { file: ROOT_WEB, ...header },
  },
  {
    name: 'the site has no web.config yet',
    mitigation: 'M1',
    optIn: false,
    entry: m1,
    before: machine(null),
  },
  {
    name: 'before the rules of others',
    mitigation: 'M1',
    optIn: false,
    entry: { ...m1, at: ['Default Web Site', 'Default Web Site/owa'] },
    before: machine(exampleWeb(foreignRule, ROOT_HEADER)),
    foreign: { file: ROOT_WEB, find: '<match url="^plain/" />', become: '<match url="^open/" />' },
  },
  {
    name: 'behind the rules of others, in an empty section on one line',
    mitigation: 'M1',
    optIn: false,
    entry: { ...m1, position: 'last' },
    before: machine(exampleWeb('    <rewrite><rules /></rewrite>\n', ROOT_HEADER).replaceAll('\n', '\r\n')),
    foreign: { file: ROOT_WEB, ...header },
  },
  {
    name: 'in a location of applicationHost.config',
    mitigation: 'M1',
    optIn: false,
    entry: { ...m1, in: 'applicationHost.config' },
    before: machine(null),
    foreign: { file: HOST, find: '<httpProtocol />', become: '<httpProtocol allowKeepAlive="true" />' },
  },
  {
    name: 'as a global rule, with server variables and an answer of its own',
    mitigation: 'G1',
    optIn: false,
    entry: {
      kind: 'rewrite-rule',
      at: 'server',
      name: 'no TRACE',
      match: { url: '.*' },
      conditions: [{ input: '{REQUEST_METHOD}', pattern: '^TRACE$', ignoreCase: false }],
      serverVariables: [{ name: 'HTTP_X_SEEN', value: '<"1" & \'2\'>' }],
      action: {
        type: 'CustomResponse',
        statusCode: 405,
        subStatusCode: 1,
        statusReason: 'Method Not Allowed',
      },
    },
    before: machine(null),
  },
]
