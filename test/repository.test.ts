import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import test from 'ava'
import { ROOT } from './helpers/code.ts'

// An archive of the sources has no repository to ask which files belong to it.
const here = existsSync(join(ROOT, '.git')) && hasGit()
const repositoryTest = here ? test : test.skip
const why = here ? '' : ' (skipped: this is no git repository, or there is no git)'

function hasGit(): boolean {
  try {
    return execFileSync('git', ['--version']).length > 0
  } catch {
    return false
  }
}

interface Line {
  readonly at: string
  readonly text: string
}

/** Every line of every text file that belongs to the project. */
function lines(): readonly Line[] {
  const listed = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' })
  return listed
    .split('\0')
    .filter((file) => file !== '' && existsSync(join(ROOT, file)))
    .flatMap((file) => {
      const text = readFileSync(join(ROOT, file), 'utf8')
      // A picture is no text.
      if (text.includes('\0')) return []
      return text.split('\n').map((line, index) => ({ at: `${file}:${index + 1}`, text: line }))
    })
}

function breaches(rule: RegExp, apart: readonly RegExp[] = []): readonly string[] {
  return lines()
    .filter(({ at, text }) => rule.test(text) && !apart.some((one) => one.test(at) || one.test(text)))
    .map(({ at, text }) => `${at}: ${text.trim().slice(0, 120)}`)
}

repositoryTest(`no file knows a path of the machine it was written on${why}`, (t) => {
  const rule = /(?<![\w.%}])\/(?:home|Users|root|work|tmp)\/\w|\b[A-Z]:\\Users\\\w/
  t.regex('cd /home/ann/stopgap', rule)
  t.regex('cd C:\\Users\\ann', rule)
  t.notRegex('GET https://example.org/home/index', rule)
  // How a path of a container is written, and this very test.
  t.deepEqual(breaches(rule, [/^test\/repository\.test\.ts:/]), [])
})

repositoryTest(`no file names a registry; npm asks the one that it is configured with${why}`, (t) => {
  const rule =
    /\b(?:registry|npm|packages?|proxy)\.[\w-]+\.(?:org|com|net|io|dev|internal|example)\b|"resolved": "http/
  t.regex(`"${'https://registry.'}npmjs.org/ajv"`, rule)
  t.deepEqual(breaches(rule, [/^test\/repository\.test\.ts:/]), [])
})

repositoryTest(`nothing is left to do in a file that is committed${why}`, (t) => {
  const rule = /\b(?:TODO|FIXME|XXX|HACK|WIP)\b|not (?:yet )?implemented|lorem ipsum/
  t.regex('// TODO: later', rule)
  t.deepEqual(breaches(rule, [/^test\/(?:repository\.test|runner\/)/]), [])
})

repositoryTest(`no test is the only one that runs, and none is planned${why}`, (t) => {
  const rule = /\b\w*[tT]est(?:\.serial)?\.(?:only|todo|failing)\(/
  t.regex('test.only(1)', rule)
  t.deepEqual(breaches(rule, [/^test\/repository\.test\.ts:/]), [])
})

test('every file that the documentation of the architecture names is there', (t) => {
  const page = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8')
  const named = [...page.matchAll(/`([\w-]+(?:\/[\w.-]*)*(?:\.ts|\/))`/g)].map(([, path]) => path!)
  t.true(named.length > 30)
  for (const path of named) {
    t.true(existsSync(join(ROOT, 'reconciler', path)) || existsSync(join(ROOT, path)), path)
  }
})

test('links between pages lead somewhere', (t) => {
  const pages = [
    'README.md',
    'CHANGELOG.md',
    ...readdirSync(join(ROOT, 'docs')).map((file) => `docs/${file}`),
  ]
  for (const page of pages.filter((file) => file.endsWith('.md') && existsSync(join(ROOT, file)))) {
    const text = readFileSync(join(ROOT, page), 'utf8')
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:)([^)#\s]+)/g)) {
      t.true(existsSync(join(ROOT, dirname(page), target)), `${page}: ${target}`)
    }
  }
})
