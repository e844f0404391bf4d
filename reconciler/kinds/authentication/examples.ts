import type { Example, ExampleMachine } from '../example.ts'
import { ECP_WEB, exampleHost, exampleWeb, HOST, OWA_WEB } from '../example-machine.ts'

const LOCATIONS = `    <location path="Default Web Site/owa">
        <system.webServer>
            <security>
                <authentication>
                    <windowsAuthentication enabled="false">
                        <extendedProtection tokenChecking="None" flags="None">
                            <spn name="http/mail.contoso.example" />
                        </extendedProtection>
                    </windowsAuthentication>
                    <basicAuthentication enabled='true'   defaultLogonDomain="contoso" />
                </authentication>
            </security>
        </system.webServer>
    </location>
    <location path="Default Web Site/ecp">
        <system.webServer>
            <security>
                <authentication>
                    <windowsAuthentication enabled="false" />
                </authentication>
            </security>
        </system.webServer>
    </location>
`

const before: ExampleMachine = {
  files: { [HOST]: exampleHost({ locations: LOCATIONS }), [OWA_WEB]: exampleWeb(), [ECP_WEB]: exampleWeb() },
  services: {},
  pools: {},
}

/** Examples of kind `authentication`. */
export const examples: readonly Example[] = [
  {
    name: 'Extended Protection on several paths, whether or not its element is there',
    mitigation: 'EP',
    optIn: true,
    entry: {
      kind: 'authentication',
      at: ['Default Web Site/owa', 'Default Web Site/ecp', 'Exchange Back End/ecp'],
      scheme: 'windows',
      enabled: true,
      extendedProtection: { tokenChecking: 'Require', flags: ['Proxy', 'NoServiceNameCheck'] },
    },
    before,
    foreign: {
      file: HOST,
      find: '<spn name="http/mail.contoso.example" />',
      become: '<spn name="http/other" />',
    },
    reads: { enabled: false },
  },
  {
    name: 'Basic authentication is switched off and its quotes come back',
    mitigation: 'NOBASIC',
    optIn: true,
    entry: { kind: 'authentication', at: 'Default Web Site/owa', scheme: 'basic', enabled: false },
    before,
    reads: { enabled: true },
  },
  {
    name: 'a path that nothing is configured for gets a location of its own',
    mitigation: 'NOANON',
    optIn: true,
    entry: {
      kind: 'authentication',
      at: 'Default Web Site/owa/Calendar',
      scheme: 'anonymous',
      enabled: false,
    },
    before,
    foreign: { file: HOST, find: '<spn name="http/mail.contoso.example" />', become: '' },
    reads: { enabled: true },
  },
]
