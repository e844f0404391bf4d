import type { Diagnostic } from '../../model/catalogue.ts'
import type { Trouble } from '../../model/event.ts'
import { mask } from '../../util/mask.ts'
import { count, printable } from '../../util/words.ts'
import type { Paint } from './paint.ts'

/** An error for people: what happened, then what stays in force and what to do. Secrets are masked. */
export function troubleText(trouble: Trouble, paint: Paint): string {
  const message = `${paint('red', 'error')} ${paint('bold', trouble.code)}: ${printable(mask(trouble.message))}`
  return trouble.hint === '' ? message : `${message}\n  ${printable(mask(trouble.hint))}`
}

/** Every fault and warning as `file:line:column: error: …`, in the order given, and a line of counts. */
export function diagnosticsText(diagnostics: readonly Diagnostic[], paint: Paint): string {
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error').length
  const warnings = diagnostics.length - errors
  const sum = `${count(errors, 'error')}, ${count(warnings, 'warning')}`
  const last = errors > 0 ? paint('red', sum) : warnings > 0 ? paint('yellow', sum) : paint('green', sum)
  return [...diagnostics.map((diagnostic) => diagnosticText(diagnostic, paint)), last].join('\n')
}

/** One fault or warning, in the form that editors turn into links. */
function diagnosticText(diagnostic: Diagnostic, paint: Paint): string {
  const { file, line, column, severity, message } = diagnostic
  const word = paint(severity === 'error' ? 'red' : 'yellow', severity)
  return `${paint('bold', `${printable(file)}:${line}:${column}`)}: ${word}: ${printable(mask(message))}`
}
