import type { ServerReport } from '../../reconciler/model/report.ts'
import { mitigation, report, resource } from './reports.ts'

/** As many servers with as many mitigations each, with names as long as they are in practice. */
export function estate(servers: number, mitigations: number): readonly ServerReport[] {
  return Array.from({ length: servers }, (_, server) =>
    report({
      server: `ex${String(server).padStart(4, '0')}.contoso`,
      mitigations: Array.from({ length: mitigations }, (_, at) =>
        mitigation({
          name: `CVE-2026-${10_000 + at}`,
          resources: [resource({ key: `rewrite-rule:Default Web Site:${at}` })],
        }),
      ),
    }),
  )
}
