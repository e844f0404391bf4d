/** Names of headers as they were written; compared without case. Several values of one name stand in a list. */
export type Headers = { readonly [name: string]: string | readonly string[] }

/**
 * How an unsettled point of IIS is taken: whether the path in `{REQUEST_URI}` is as it was sent, or decoded once as in
 * `{URL}`. The query is as it was sent in both. What must be blocked has to be blocked in both.
 */
export const READINGS = ['raw', 'decoded'] as const
export type Reading = (typeof READINGS)[number]

/** A request as it arrives. The body is never visible to URL Rewrite, so it is not here. */
export interface Request {
  readonly method: string
  /** Path and query as they were sent, percent-encoding and all: `/owa/?a=%41`. Never an absolute address. */
  readonly url: string
  readonly headers: Headers
  /** `https`, host and port are what the variables HTTPS, SERVER_NAME, SERVER_PORT say. */
  readonly https: boolean
  readonly host: string
  readonly port: number
}

/** What only the server knows about a request. */
export interface Surroundings {
  readonly reading: Reading
  /** What is on disk below a physical path: for `IsFile`, `IsDirectory`. */
  readonly onDisk: (path: string) => 'file' | 'directory' | null
  /** Physical path of the site path of a URL, for REQUEST_FILENAME and the like; null where there is none. */
  readonly physicalPath: (urlPath: string) => string | null
  /** Variables of the application that serves the request, such as APP_POOL_ID; names in upper case. Absent: none. */
  readonly application?: { readonly [name: string]: string }
  /** Variables that are given from outside, such as REMOTE_ADDR; they win. Names without case. */
  readonly variables: { readonly [name: string]: string }
}

/** What one rule did with a request or response, for people. */
export interface RuleTrace {
  readonly name: string
  readonly scope: 'global' | 'distributed' | 'outbound'
  readonly matched: boolean
  /** `R:0` … and `C:0` … of a rule that matched, by name. */
  readonly captures: { readonly [reference: string]: string }
  /** Of a rule that did not match: what of it did not hold, in words. Absent where nothing on a page was a match. */
  readonly missed?: string
}

/** What IIS shows instead of an answer when a rule cannot be read or carried out. */
export interface RuleError {
  /** The rule; null when it is the whole set. */
  readonly rule: string | null
  /** 50: distributed rules; 51: global rules; 52: outbound rules; 19: the configuration is not readable at all. */
  readonly subStatus: 19 | 50 | 51 | 52
  readonly message: string
}

/** A request that goes on to whoever serves it. */
interface GoingOn {
  readonly url: string
  readonly requestHeaders: Headers
  /** What rules have set, by name in upper case: outbound rules see it. Absent: nothing. */
  readonly variables?: { readonly [name: string]: string }
}

/**
 * What becomes of a request. `url` of pass and rewrite: path and query as they go on. `requestHeaders`: after
 * serverVariables. `location` is what the header would say; a relative target is a path from the root.
 */
export type Inbound = { readonly trace: readonly RuleTrace[] } & (
  | ({ readonly is: 'pass' } & GoingOn)
  | ({ readonly is: 'rewrite' } & GoingOn)
  | { readonly is: 'redirect'; readonly status: number; readonly location: string }
  | {
      readonly is: 'response'
      readonly status: number
      readonly subStatus: number
      readonly reason: string
      readonly description: string
    }
  | { readonly is: 'abort' }
  | { readonly is: 'parse-error'; readonly error: RuleError }
)

export interface Response {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

/** What becomes of a response. */
export type Outbound = { readonly trace: readonly RuleTrace[] } & (
  | { readonly is: 'response'; readonly response: Response }
  | { readonly is: 'parse-error'; readonly error: RuleError }
)
