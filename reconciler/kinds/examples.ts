import { examples as appPool } from './app-pool/examples.ts'
import { examples as authentication } from './authentication/examples.ts'
import type { Example } from './example.ts'
import { examples as globalModule } from './global-module/examples.ts'
import { examples as iisSetting } from './iis-setting/examples.ts'
import { examples as outboundRule } from './outbound-rule/examples.ts'
import { examples as ping } from './ping/examples.ts'
import { examples as rewriteRule } from './rewrite-rule/examples.ts'
import { examples as service } from './service/examples.ts'

/** Examples of each kind: documentation that is tested. Apart from the registry, for nothing at run time needs them. */
export const examplesByKind: { readonly [kind: string]: readonly Example[] } = {
  'rewrite-rule': rewriteRule,
  'outbound-rule': outboundRule,
  service,
  'app-pool': appPool,
  'global-module': globalModule,
  authentication,
  'iis-setting': iisSetting,
  ping,
}
