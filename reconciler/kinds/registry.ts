import type { Kind } from '../model/resource.ts'
import { appPool } from './app-pool/resource.ts'
import { authentication } from './authentication/resource.ts'
import { globalModule } from './global-module/resource.ts'
import { iisSetting } from './iis-setting/resource.ts'
import { outboundRule } from './outbound-rule/resource.ts'
import { ping } from './ping/resource.ts'
import { rewriteRule } from './rewrite-rule/resource.ts'
import { service } from './service/resource.ts'
import { characterFaults } from './spec.ts'

const all: readonly Kind[] = [
  rewriteRule,
  outboundRule,
  service,
  appPool,
  globalModule,
  authentication,
  iisSetting,
  ping,
]

/** Every kind of resource there is, in the order in which they are documented. */
export const kinds: readonly Kind[] = all.map((kind) => ({
  ...kind,
  // For every kind in one place: any text of any entry can end up in a file.
  faults: (entry, optIn) => [...characterFaults(entry), ...kind.faults(entry, optIn)],
}))
