/** Errors of the target. */
export const targetErrors = {}
