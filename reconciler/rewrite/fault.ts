/** Something that IIS cannot read or carry out in a rule. */
export interface RuleFault {
  readonly scope: 'global' | 'distributed' | 'outbound'
  readonly rule: string
  /** The attribute: `match.url`, `conditions[0].pattern`, `serverVariables[1].value`, `action.url`, … */
  readonly where: string
  readonly message: string
  /** Character of the attribute's value, from 0; null where it is the whole of it. */
  readonly at: number | null
  /** `always`: no request is served where the rule is read; `acting`: only those that the rule is carried out for. */
  readonly strikes: 'always' | 'acting'
  /** What IIS shows: 50 distributed, 51 global, 52 outbound; 19: the configuration is not valid in the first place. */
  readonly subStatus: 19 | 50 | 51 | 52
}

/** Where a fault was found, as far as whoever finds it knows. */
export interface Found {
  readonly where: string
  readonly message: string
  readonly at?: number
  readonly strikes?: RuleFault['strikes']
  readonly invalid?: boolean
}

const SUB_STATUS = { distributed: 50, global: 51, outbound: 52 } as const

/** Collects the faults of one rule. */
export function reporter(
  scope: RuleFault['scope'],
  rule: string,
  faults: RuleFault[],
): (found: Found) => void {
  return ({ where, message, at, strikes = 'always', invalid = false }) => {
    const subStatus = invalid ? 19 : SUB_STATUS[scope]
    faults.push({ scope, rule, where, message, at: at ?? null, strikes, subStatus })
  }
}
