import { shortPath } from './place.ts'

/** The shell that commands are pasted into. */
export interface Shell {
  readonly cwd: string
  readonly windows: boolean
}

/** A word of a command line that this shell takes as it is. */
export function word(text: string, { windows }: Shell): string {
  if (/^[\w@+=:,./\\-]+$/.test(text)) return text
  // A file name cannot hold a double quote on Windows; elsewhere single quotes keep all but themselves.
  return windows ? `"${text}"` : `'${text.replaceAll("'", "'\\''")}'`
}

/** A path as a word, relative where that is shorter. */
export function path(absolute: string, shell: Shell): string {
  return word(shortPath(absolute, shell.cwd), shell)
}

/**
 * Takes the rule whose name begins so out of a file. The script is one that sh, cmd and PowerShell hand on unchanged
 * between double quotes: it holds none of their signs, and no exclamation mark.
 */
export function withoutRule(file: string, name: string, shell: Shell): string {
  const script = `const fs=require('fs'),f=process.argv[1];fs.writeFileSync(f,fs.readFileSync(f,'utf8').replace(/\\s*<rule name=.${name}[^]*?<.rule>/,''))`
  return `node -e "${script}" ${path(file, shell)}`
}

/** Says whether two files are the same byte for byte. */
export function compare(one: string, other: string, shell: Shell): string {
  const files = `${path(one, shell)} ${path(other, shell)}`
  // With its ending: without it, PowerShell takes fc for a command of its own.
  return shell.windows ? `fc.exe /b ${files}` : `cmp ${files} && echo the same`
}

/** Copies a file. */
export function copy(from: string, to: string, shell: Shell): string {
  return `${shell.windows ? 'copy' : 'cp'} ${path(from, shell)} ${path(to, shell)}`
}

/** Asks for a URL and shows what comes back. */
export function request(url: string, { windows }: Shell): string {
  // With its ending: without it, PowerShell takes curl for a command of its own.
  return `${windows ? 'curl.exe' : 'curl'} -sS -i "${url}"`
}
