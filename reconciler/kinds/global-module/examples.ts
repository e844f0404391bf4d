import type { Example, ExampleMachine } from '../example.ts'
import { exampleHost, HOST } from '../example-machine.ts'

const MODULES = `        <globalModules>
            <add name="UriCacheModule" image="%windir%\\System32\\inetsrv\\cachuri.dll" />
            <!-- speeds up Windows authentication -->
            <add name='TokenCacheModule'   image="%windir%\\System32\\inetsrv\\cachtokn.dll" />
            <add name="HttpCacheModule" image="%windir%\\System32\\inetsrv\\cachhttp.dll" />
        </globalModules>
`

const before: ExampleMachine = {
  files: { [HOST]: exampleHost({ webServer: MODULES }) },
  services: {},
  pools: {},
}

/** Examples of kind `global-module`. */
export const examples: readonly Example[] = [
  {
    name: 'a module goes, and comes back at its place byte for byte',
    mitigation: 'TOKENCACHE',
    optIn: true,
    entry: { kind: 'global-module', name: 'TokenCacheModule', present: false },
    before,
    foreign: {
      file: HOST,
      find: 'cachhttp.dll" />',
      become: 'cachhttp.dll" />\n            <add name="X" image="x.dll" />',
    },
    reads: { present: true },
  },
  {
    name: 'a module that nobody listed is listed',
    mitigation: 'IPSEC',
    optIn: true,
    entry: {
      kind: 'global-module',
      name: 'IpRestrictionModule',
      present: true,
      otherwise: { image: '%windir%\\System32\\inetsrv\\iprestr.dll' },
    },
    before,
    reads: { present: false },
  },
]
