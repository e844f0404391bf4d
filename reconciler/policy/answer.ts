/** The answer to a question about a server, in words. `unknown`: a fact that it needs could not be read. */
export interface Answer {
  readonly is: 'yes' | 'no' | 'unknown'
  readonly words: string
}

/** It holds, because of what the words say. */
export function yes(words: string): Answer {
  return { is: 'yes', words }
}

/** It does not hold, because of what the words say. */
export function no(words: string): Answer {
  return { is: 'no', words }
}

/** Nobody can say; the words name the fact that is missing. */
export function unknown(words: string): Answer {
  return { is: 'unknown', words }
}

/** Yes when all are. One no decides, also where others are unknown: what is missing could not change it. */
export function all(answers: readonly Answer[]): Answer {
  const against = answers.find((answer) => answer.is === 'no')
  if (against !== undefined) return against
  const open = answers.filter((answer) => answer.is === 'unknown')
  return open.length > 0 ? unknown(join(open)) : yes(join(answers))
}

/** Yes becomes no and the other way round; what is unknown stays so. */
export function not(answer: Answer): Answer {
  return answer.is === 'unknown' ? answer : { is: answer.is === 'yes' ? 'no' : 'yes', words: answer.words }
}

function join(answers: readonly Answer[]): string {
  return [...new Set(answers.map((answer) => answer.words))].join(', ')
}
