import type { Headers, Inbound, Request, RuleTrace, Surroundings } from './exchange.ts'
import { joined, parted, withoutDots } from './url.ts'
import { type Current, untouched, variable, variableKey, variableName } from './variables.ts'

type Untraced<T> = T extends unknown ? Omit<T, 'trace'> : never

/** How a request ends before anybody else sees it. */
export type Ending = Exclude<Untraced<Inbound>, { readonly is: 'pass' | 'rewrite' }>

const FIRST_URL = 'X_ORIGINAL_URL'

/** A request on its way through rules: what they make of its URL, its headers and its variables, and what they did. */
export class Journey implements Current {
  readonly request: Request
  readonly around: Surroundings
  readonly trace: RuleTrace[] = []
  readonly set = new Map<string, string>()
  path: string
  query: string
  // True also where the URL became what it was: the module does not compare.
  rewritten = false
  #origin = ''
  #headers: Headers

  constructor(request: Request, around: Surroundings) {
    const { path, query } = untouched(request, around)
    this.request = request
    this.around = around
    this.path = path
    this.query = query
    this.#headers = request.headers
  }

  readonly variable = (name: string): string => variable(name, this)

  /** `url`: a path from the root or a whole address, with the query that it has. */
  rewrite(url: string): void {
    const { path, query } = parted(url)
    this.#origin = /^[a-z][a-z0-9+.-]*:\/\/[^/]*/i.exec(path)?.[0] ?? ''
    const target = path.slice(this.#origin.length) || '/'
    // Another server makes of its path what it will.
    this.path = this.#origin === '' ? withoutDots(target) : target
    this.query = query
    this.rewritten = true
  }

  /** Sets a variable; one that begins with HTTP_ is a header of the request, in lower case. */
  setVariable(name: string, value: string, replace: boolean): void {
    if (!replace && this.variable(name) !== '') return
    const key = variableKey(name)
    this.set.set(key, value)
    if (key.startsWith('HTTP_')) this.#setHeader(key.slice(5), value)
  }

  #setHeader(key: string, value: string): void {
    const others = Object.entries(this.#headers).filter(([each]) => variableName(each) !== key)
    this.#headers = Object.fromEntries([...others, [key.toLowerCase().replaceAll('_', '-'), value]])
  }

  end(ending: Ending | null): Inbound {
    const { trace } = this
    if (ending !== null) return { trace, ...ending }
    if (this.rewritten) this.#own()
    const goesOn = {
      trace,
      requestHeaders: this.#headers,
      ...(this.set.size > 0 && { variables: Object.fromEntries(this.set) }),
    }
    if (!this.rewritten) return { ...goesOn, is: 'pass', url: this.request.url }
    return { ...goesOn, is: 'rewrite', url: this.#origin + joined(this.path, this.query) }
  }

  // The module takes this header for itself: what a client says the first URL was does not reach the application. Where
  // none was sent it is left out, as nobody looks for it among what rules have set.
  #own(): void {
    const sent = Object.keys(this.#headers).some((each) => variableName(each) === FIRST_URL)
    if (sent && !this.set.has(`HTTP_${FIRST_URL}`))
      this.#setHeader(FIRST_URL, this.variable(`HTTP_${FIRST_URL}`))
  }
}
