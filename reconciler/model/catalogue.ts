import type { Role } from './facts.ts'
import type { Json } from './resource.ts'

/** Where something was said: a file of the policy repository; line and column count from 1. */
export interface Origin {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** How bad it is to be without the mitigation, worst first. */
export const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info'] as const
export type Severity = (typeof SEVERITIES)[number]

/** enforce: servers are made so; audit: what would be done is only told. */
export type Mode = 'enforce' | 'audit'

/** Free words about an object, for selectors. */
export type Labels = { readonly [label: string]: string }

/** Builds per lane; a lane is the first three parts of a build. */
export type Lanes = { readonly [lane: string]: string }

/** What has the fix: Exchange builds per lane, or versions of one file per lane, or nothing ever. */
export type FixedIn =
  | { readonly is: 'builds'; readonly lanes: Lanes }
  | { readonly is: 'file'; readonly file: string; readonly versions: Lanes }
  | { readonly is: 'permanent'; readonly text: string }

/** What the mitigation costs: for people, as requests (`GET /path`) and as health sets of Managed Availability. */
export interface SideEffect {
  readonly text: string
  readonly requests: readonly string[]
  readonly healthSets: readonly string[]
}

/** The program that a requirement is about, to a comparator such as `>=7.1`. */
export type Requires = { readonly [program in 'urlRewrite' | 'iis' | 'os' | 'exchange']?: string }

/** A resource as it is written; one entry can stand for several. */
export interface ResourceEntry {
  readonly kind: string
  readonly entry: Json
  readonly origin: Origin
}

/** A catalogue entry: what it guards against, where it applies, what it asks for, and until which build. */
export interface Mitigation {
  readonly name: string
  readonly labels: Labels
  readonly origin: Origin
  readonly title: string
  readonly severity: Severity
  readonly cves: readonly string[]
  readonly references: readonly string[]
  readonly optIn: boolean
  readonly appliesTo: {
    readonly roles: readonly Role[]
    readonly builds?: string
    readonly from: Lanes
    readonly origin: Origin
  }
  readonly fixedIn: FixedIn & { readonly origin: Origin }
  readonly keepUntil?: FixedIn & { readonly origin: Origin }
  readonly onFixed: 'remove' | 'keep'
  readonly requires: Requires
  readonly requiresOrigin: Origin
  readonly resources: readonly ResourceEntry[]
  readonly sideEffects: readonly SideEffect[]
  readonly checklist: readonly string[]
  /** As written; what evaluates request tests reads them. */
  readonly tests: readonly Json[]
}

/** Named OR has all the labels. Absent selectors are `all`. */
export type ServerSelector =
  | { readonly is: 'all' }
  | { readonly is: 'some'; readonly names: readonly string[]; readonly labels: Labels }

/** `all` is `*`, and leaves out what is opt-in, as severity and labels do. */
export type MitigationSelector =
  | { readonly is: 'all' }
  | { readonly is: 'names'; readonly names: readonly string[] }
  | { readonly is: 'severity'; readonly severity: readonly Severity[] }
  | { readonly is: 'labels'; readonly labels: Labels }

/** Enables mitigations on servers. */
export interface Policy {
  readonly name: string
  readonly labels: Labels
  readonly origin: Origin
  readonly servers: ServerSelector
  readonly mitigations: MitigationSelector
  readonly mode: Mode
}

/** Forbids mitigations on servers, whatever policies say. */
export interface Block {
  readonly name: string
  readonly labels: Labels
  readonly origin: Origin
  readonly servers: ServerSelector
  readonly mitigations: MitigationSelector
  readonly reason: string
  readonly owner: string
  /** Milliseconds since 1970: the first moment at which the block no longer holds. */
  readonly expires?: number
  readonly onExpiry: 'hold' | 'apply'
  readonly remove: boolean
}

/** The switch that the organization and each server have. */
export interface Switch {
  readonly origin: Origin
  readonly mitigationsEnabled: boolean
  readonly mode: Mode
  readonly reason?: string
  readonly owner?: string
}

/** A server as the repository knows it: its labels, and its switch. */
export interface ServerObject extends Switch {
  readonly name: string
  readonly labels: Labels
}

/** All of one revision, checked: every name that is referred to exists. Names are unique without case. */
export interface Catalogue {
  readonly revision: string
  /** Commit time of the revision, milliseconds since 1970. */
  readonly time: number
  readonly mitigations: readonly Mitigation[]
  readonly policies: readonly Policy[]
  readonly blocks: readonly Block[]
  readonly servers: readonly ServerObject[]
  readonly organization?: Switch
}

/** A fault or warning about one place of a file. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning'
  readonly file: string
  readonly line: number
  readonly column: number
  /** What is wrong and what to do about it, one sentence each. */
  readonly message: string
}
