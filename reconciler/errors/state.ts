/** Errors of the state. */
export const stateErrors = {}
