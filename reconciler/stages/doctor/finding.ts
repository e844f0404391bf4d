import type { Check, Finding } from '../../model/finding.ts'

/** It is as it should be. */
export function ok(check: Check, what: string): Finding {
  return { is: 'ok', check, what }
}

/** A pass does without it, but somebody should look. */
export function warning(check: Check, what: string, remedy: string): Finding {
  return { is: 'warning', check, what, remedy }
}

/** Something around us that has to be put right. */
export function failure(check: Check, what: string, remedy: string): Finding {
  return { is: 'failure', check, what, remedy, exit: 1 }
}

/** Something that was written wrongly. */
export function mistake(check: Check, what: string, remedy: string): Finding {
  return { is: 'failure', check, what, remedy, exit: 3 }
}

/** What an error says. */
export function failed(
  check: Check,
  { message, hint, exit }: { readonly message: string; readonly hint: string; readonly exit: number },
): Finding {
  return { is: 'failure', check, what: message, remedy: hint, exit }
}
