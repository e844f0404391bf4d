import type { Origin } from '../model/catalogue.ts'

/** A sort of result; what it means is said once for all results of it. */
export interface SarifRule {
  readonly id: string
  readonly text: string
}

/** One thing to show at one place of the policy folder. */
export interface SarifResult {
  readonly rule: string
  readonly level: 'error' | 'warning' | 'note'
  /** All there is to say; several lines are allowed. */
  readonly message: string
  readonly origin: Origin
}

export interface SarifRun {
  /** The program's version. */
  readonly version: string
  /** Every sort that there can be, whether or not there is a result of it. */
  readonly rules: readonly SarifRule[]
  readonly results: readonly SarifResult[]
  /** The policy folder below the root of the repository, with slashes; empty: it is the root. */
  readonly folder: string
}

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json'

/** A log in the form SARIF 2.1.0 (OASIS), which code reviews show at the lines that it names. */
export function sarif(run: SarifRun): object {
  const index = new Map(run.rules.map(({ id }, at) => [id, at]))
  return {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'Stopgap',
            version: run.version,
            rules: run.rules.map(({ id, text }) => ({ id, shortDescription: { text } })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: run.results.map((result) => resultOf(result, index.get(result.rule), run.folder)),
      },
    ],
  }
}

function resultOf(result: SarifResult, ruleIndex: number | undefined, folder: string): object {
  const { rule, level, message, origin } = result
  return {
    ruleId: rule,
    ...(ruleIndex === undefined ? {} : { ruleIndex }),
    level,
    message: { text: message },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(folder, origin.file), uriBaseId: '%SRCROOT%' },
          // Both count from 1 here as there; a fault about a folder as a whole stands in its first line.
          region: { startLine: Math.max(1, origin.line), startColumn: Math.max(1, origin.column) },
        },
      },
    ],
  }
}

/** A relative reference; a colon in the first part would otherwise read as a scheme. */
function uriOf(folder: string, file: string): string {
  const parts = [...folder.split('/'), ...file.split('/')].filter((part) => part !== '' && part !== '.')
  return parts.map((part) => (part === '..' ? part : encodeURIComponent(part))).join('/')
}
