/** Errors of the source. */
export const sourceErrors = {}
