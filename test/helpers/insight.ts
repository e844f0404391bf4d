import type { Insight } from '../../reconciler/http/endpoints.ts'
import { type HttpServer, listen } from '../../reconciler/http/server.ts'
import { statusJson } from '../../reconciler/reporters/json.ts'
import { Metrics } from '../../reconciler/reporters/metrics.ts'
import { variedStatus } from './reports.ts'

/** What a daemon would say of itself when all is well; `of` replaces parts of it. */
export function insight(of: Partial<Insight> = {}): Insight {
  const metrics = new Metrics('0.1.0')
  return {
    metrics: () => metrics.pieces(),
    statusJson: () => statusJson(variedStatus()),
    status: variedStatus,
    health: () => ({ ok: true, why: '' }),
    ready: () => ({ ok: true, why: '' }),
    hook: () => undefined,
    ...of,
  }
}

/** Serves on a free port until the test ends. */
export async function serving(
  t: { teardown: (end: () => Promise<void>) => void },
  of: Partial<Insight> = {},
): Promise<HttpServer> {
  const server = await listen('127.0.0.1', 0, insight(of), new AbortController().signal)
  t.teardown(() => server.close())
  return server
}
