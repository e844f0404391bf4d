import { examples as appPool } from './app-pool/examples.ts'
import { examples as authentication } from './authentication/examples.ts'
import type { Example } from './example.ts'
import { examples as iisSetting } from './iis-setting/examples.ts'
import { examples as ping } from './ping/examples.ts'
import { examples as service } from './service/examples.ts'

/** Examples of each kind: documentation that is tested. Apart from the registry, for nothing at run time needs them. */
export const examplesByKind: { readonly [kind: string]: readonly Example[] } = {
  service,
  'app-pool': appPool,
  authentication,
  'iis-setting': iisSetting,
  ping,
}
