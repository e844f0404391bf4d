import { join } from 'node:path'
import { TapReader } from '../runner/tap.ts'
import type { Check } from './run.ts'
import { toWindows, type Wine } from './wine.ts'

/** What needs neither git nor PowerShell nor a shell. */
const SUITES = [
  'test/targets/embedded/conformance.test.ts',
  'test/targets/embedded/paths.test.ts',
  'test/util/atomic.test.ts',
  'test/formats/decode.test.ts',
  'test/formats/yaml.test.ts',
  'test/iis/document.test.ts',
  'test/iis/takeback.test.ts',
  'test/kinds/laws.test.ts',
]

/** They are about the modes of files, of which Windows has none. */
const OF_POSIX = [
  'util › atomic › folders are made as deep as needed, with their mode',
  'util › atomic › a new file has the bytes and the asked mode, and nothing else is left',
  'util › atomic › a replaced file keeps its permissions',
]

/** Suites of Stopgap under the Node for Windows: paths, open files, line ends, the embedded target. */
export function checkSuites(wine: Wine, node: string, root: string, check: Check): void {
  const ava = toWindows(join(root, 'node_modules/ava/entrypoints/cli.js'))
  const failures: string[] = []
  const reader = new TapReader({
    failed: (title, detail) => {
      if (!OF_POSIX.includes(title)) failures.push([title, ...detail].join('\n'))
    },
    counted: () => {},
  })
  const { text } = wine.run('wine', [node, ava, '--tap', '--concurrency', '1', ...SUITES], 900)
  reader.push(text)
  reader.end()
  check('no suite fails under the Node for Windows', failures.length === 0, failures.join('\n\n'))
  check(`all of them ran (${reader.tally.passed} passed)`, reader.tally.passed > 100, text.slice(-2000))
}
