import test from 'ava'
import { decodeUtf8 } from '../../reconciler/formats/decode.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

test('a byte order mark is left out', (t) => {
  t.deepEqual(decodeUtf8(utf8('\uFEFFa: ü')), { is: 'text', text: 'a: ü' })
})

const refuses = test.macro((t, bytes: Uint8Array, before: string, words: RegExp) => {
  const decoded = decodeUtf8(bytes)
  t.is(decoded.is, 'fault')
  if (decoded.is !== 'fault') return
  t.is(decoded.before, before)
  t.regex(decoded.message, words)
})
test('Windows-1252', refuses, Uint8Array.of(...utf8('é: '), 0xfc, 0x0a), 'é: ', /UTF-8/)
test('a character cut off at the end', refuses, Uint8Array.of(...utf8('a\nb'), 0xe2, 0x82), 'a\nb', /UTF-8/)
test('UTF-16', refuses, Uint8Array.of(0xff, 0xfe, 0x61, 0), '', /UTF-16/)
test('NUL', refuses, utf8('a: 1\nb\0'), 'a: 1\nb', /NUL/)
