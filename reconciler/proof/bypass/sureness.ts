import type { Request } from '../../rewrite/exchange.ts'
import { cookiesOf } from './parts.ts'
import type { Confidence } from './transformation.ts'

/** Encoded twice, as %uXXXX, overlong, as wide letters, control characters, line separators. */
const DOUBTFUL_URL = /%25[0-9a-f]{2}|%u[0-9a-f]{4}|%c[01]%|%ef%bc%|%[01][0-9a-f]|%7f|%e2%80%a[89]/i
/** A name with quotes, spaces or percent-encoding. */
const DOUBTFUL_COOKIE = /^[^=]*["\s%]/

/**
 * How sure it is that a request is the attack that its test takes it for. Tests also hold evasions which only some reader
 * takes so; what is made of them by a sure change is no surer than they are.
 */
export function surenessOf(request: Request): Confidence {
  const doubtful =
    DOUBTFUL_URL.test(request.url) || cookiesOf(request).some((one) => DOUBTFUL_COOKIE.test(one))
  return doubtful ? 'possible' : 'same'
}
