import type { Example, ExampleMachine } from '../example.ts'
import { ECP_WEB, exampleHost, exampleWeb, HOST, OWA_WEB } from '../example-machine.ts'

/** The rule that keeps scripts in attributes from running in Outlook on the web, as published. */
export const m2 = {
  kind: 'outbound-rule',
  at: 'Default Web Site/owa',
  in: 'applicationHost.config',
  name: 'OWA CSP - outbound',
  preCondition: {
    name: 'OWA SPA HTML shell',
    logicalGrouping: 'MatchAll',
    conditions: [
      { input: '{RESPONSE_CONTENT_TYPE}', pattern: '^text/html' },
      {
        input: '{REQUEST_URI}',
        pattern: '^/owa/?($|\\?|default\\.aspx|projection\\.aspx|readingPane\\.aspx|popout\\.aspx)',
      },
    ],
  },
  match: { serverVariable: 'RESPONSE_Content_Security_Policy', pattern: '(.*)' },
  action: { type: 'Rewrite', value: "{R:1}; script-src-attr 'none'" },
} as const

const locations = `    <location path="Default Web Site/owa">
        <system.webServer>
            <httpProtocol />
        </system.webServer>
    </location>
`

const foreign = `    <rewrite>
      <outboundRules rewriteBeforeCache="true">
        <rule name="no server" preCondition="html">
          <match serverVariable="RESPONSE_Server" pattern=".+" />
          <action type="Rewrite" value="" />
        </rule>
        <preConditions>
          <preCondition name="html">
            <add input="{RESPONSE_CONTENT_TYPE}" pattern="^text/html" />
          </preCondition>
        </preConditions>
      </outboundRules>
    </rewrite>
`

const before: ExampleMachine = {
  files: { [HOST]: exampleHost({ locations }), [OWA_WEB]: exampleWeb(), [ECP_WEB]: exampleWeb(foreign) },
  services: {},
  pools: {},
}

/** Examples of kind `outbound-rule`. */
export const examples: readonly Example[] = [
  {
    name: 'in a location, because applications below share the folder',
    mitigation: 'M2',
    optIn: false,
    entry: m2,
    before,
    foreign: {
      file: HOST,
      find: 'id="2"',
      become: 'id="3"',
    },
  },
  {
    name: 'in the shared web.config, kept from the applications below',
    mitigation: 'M2',
    optIn: false,
    entry: { ...m2, in: 'web.config' },
    before,
    foreign: { file: OWA_WEB, find: 'value="EX01"', become: 'value="EX02"' },
  },
  {
    name: 'beside the outbound rules and preConditions of others',
    mitigation: 'M2',
    optIn: false,
    entry: { ...m2, at: 'Default Web Site/ecp', in: 'web.config', position: 'last' },
    before,
    foreign: { file: ECP_WEB, find: 'value="EX01"', become: 'value="EX02"' },
  },
  {
    name: 'without a preCondition, for tags',
    mitigation: 'T1',
    optIn: false,
    entry: {
      kind: 'outbound-rule',
      at: 'Default Web Site/ecp',
      in: 'web.config',
      name: 'links',
      match: { filterByTags: ['A', 'Form'], pattern: '^http://(.*)' },
      action: { type: 'Rewrite', value: 'https://{R:1}' },
    },
    before,
  },
]
