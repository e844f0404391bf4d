import { batch } from '../../reconciler/commands/request/batch.ts'
import type { BatchAnswer } from '../../reconciler/proof/batch-answer.ts'

/** What `request --batch` answers to these lines, by an evaluator that remembers nothing of earlier ones. */
export function answers(lines: readonly object[]): readonly BatchAnswer[] {
  return batch().answer(lines.map((line) => JSON.stringify(line)))
}
