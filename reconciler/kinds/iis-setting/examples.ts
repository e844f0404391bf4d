import type { Example, ExampleMachine } from '../example.ts'
import { ECP_WEB, exampleHost, exampleWeb, HOST } from '../example-machine.ts'

const LOCATIONS = `    <location path="Default Web Site/ecp">
        <system.webServer>
            <security>
                <access sslFlags="Ssl" />
            </security>
        </system.webServer>
    </location>
`

const limits = `    <security>
      <requestFiltering>
        <requestLimits maxAllowedContentLength="35000000" />
      </requestFiltering>
    </security>
`

const before: ExampleMachine = {
  files: {
    [HOST]: exampleHost({ locations: LOCATIONS }),
    [ECP_WEB]: exampleWeb(limits),
  },
  services: {},
  pools: {},
}

/** Examples of kind `iis-setting`. */
export const examples: readonly Example[] = [
  {
    name: 'flags of a locked section',
    mitigation: 'SSL',
    optIn: true,
    entry: {
      kind: 'iis-setting',
      at: 'Default Web Site/ecp',
      section: 'system.webServer/security/access',
      attribute: 'sslFlags',
      value: ['Ssl128', 'Ssl'],
    },
    before,
    foreign: { file: HOST, find: '<httpProtocol />', become: '<httpProtocol allowKeepAlive="true" />' },
    reads: { sslFlags: ['Ssl'] },
  },
  {
    name: 'the same where nothing says it yet',
    mitigation: 'SSL',
    optIn: true,
    entry: {
      kind: 'iis-setting',
      at: ['Exchange Back End/ecp', 'Default Web Site'],
      section: 'system.webServer/security/access',
      attribute: 'sslFlags',
      value: ['Ssl'],
    },
    before,
    reads: { sslFlags: ['None'] },
  },
  {
    name: 'an attribute inside the section, which the web.config of the path decides',
    mitigation: 'LIMIT',
    optIn: true,
    entry: {
      kind: 'iis-setting',
      at: 'Default Web Site/ecp',
      section: 'system.webServer/security/requestFiltering',
      attribute: 'requestLimits.maxAllowedContentLength',
      value: 1000000,
    },
    before,
    foreign: { file: ECP_WEB, find: 'value="EX01"', become: 'value="EX02"' },
    reads: { 'requestLimits.maxAllowedContentLength': 35000000 },
  },
  {
    name: 'an item of a collection is added',
    mitigation: 'HEADER',
    optIn: true,
    entry: {
      kind: 'iis-setting',
      at: ['Default Web Site/ecp', 'Exchange Back End/ecp'],
      section: 'system.webServer/httpProtocol/customHeaders',
      item: { key: { name: 'X-Frame-Options' }, attributes: { value: 'SAMEORIGIN' } },
    },
    before,
    foreign: { file: HOST, find: '<access sslFlags="Ssl" />', become: '<access sslFlags="None" />' },
    reads: { present: false },
  },
  {
    name: 'an item that the web.config of the path has is taken away, with its bytes remembered',
    mitigation: 'HEADER',
    optIn: true,
    entry: {
      kind: 'iis-setting',
      at: 'Default Web Site/ecp',
      section: 'system.webServer/httpProtocol/customHeaders',
      item: { key: { name: 'x-feserver' }, present: false },
    },
    before,
    foreign: { file: ECP_WEB, find: 'maxAllowedContentLength="35000000"', become: 'maxUrl="100"' },
    reads: { present: true },
  },
  {
    name: 'an item that is inherited is removed for the path only',
    mitigation: 'HEADER',
    optIn: true,
    entry: {
      kind: 'iis-setting',
      at: 'Default Web Site/ecp',
      section: 'system.webServer/modules',
      item: { key: { name: 'WebDAVModule' }, present: false },
    },
    before: {
      ...before,
      files: {
        ...before.files,
        [HOST]: exampleHost({
          webServer: '        <modules>\n            <add name="WebDAVModule" />\n        </modules>\n',
        }),
      },
    },
    reads: { present: true },
  },
]
