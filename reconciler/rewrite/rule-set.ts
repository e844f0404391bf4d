import type { Fields } from '../model/resource.ts'

/** One enabled rule that is in effect at a path, as the configuration has it. */
export interface RuleSource {
  readonly name: string
  /**
   * Canonical fields with every default filled in, as `iis/rule.ts` gives them. For an outbound rule `preCondition`
   * stands in it by content, null when it names none.
   */
  readonly fields: Fields
  /**
   * Path of the folder whose rule it is, below the site's root, without slashes at its ends (`owa/auth`; the empty text
   * for the root). A distributed rule is matched against what follows it; for global and outbound rules it is empty.
   */
  readonly base: string
}

export interface RewriteMap {
  readonly name: string
  readonly defaultValue: string
  readonly ignoreCase: boolean
  readonly entries: readonly (readonly [key: string, value: string])[]
}

/** A tag of HTML and its attribute that outbound rules may rewrite, from `customTags`. */
export interface CustomTag {
  readonly name: string
  readonly attribute: string
}

/** What the sections below `system.webServer/rewrite` say at one path, inheritance worked out, disabled rules left out. */
export interface RuleSetSource {
  readonly globalRules: readonly RuleSource[]
  readonly rules: readonly RuleSource[]
  readonly outboundRules: readonly RuleSource[]
  /** By name of the group, in lower case. */
  readonly customTags: { readonly [group: string]: readonly CustomTag[] }
  readonly rewriteMaps: readonly RewriteMap[]
  /** Names that a distributed rule may set, such as `HTTP_X_ORIGINAL_HOST`; compared without case. */
  readonly allowedServerVariables: readonly string[]
}
