import { styleText } from 'node:util'

const STYLES = ['bold', 'dim', 'red', 'green', 'yellow', 'cyan', 'magenta'] as const
export type Style = (typeof STYLES)[number]

/** Colours a text, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string

/** For a pipe or a file: no escape sequences at all. */
export const plain: Paint = (_style, text) => text

/** For a terminal. What decides between the two is the caller's (`isTTY`, `NO_COLOR`), so validation is off here. */
export const colours: Paint = (style, text) => styleText(style, text, { validateStream: false })
