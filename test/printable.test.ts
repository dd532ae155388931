import { describe, expect, it } from 'vitest'
import { inOneLine, isPrintable, isPrintableName } from '../src/printable.ts'

const most = 200

describe('a printable name', () => {
  it.each([
    ['Latin with marks', 'Nguyễn Thị Ánh'],
    ['marks of their own', 'Zoe\u0308'],
    ['an apostrophe, a hyphen, a line above the line', 'O’Connor-Smith ¯'],
    ['Persian, with a joiner that parts', 'می\u200cخواهم'],
    ['Hindi, with a joiner that joins', 'क्\u200dष'],
    ['Sinhala', 'ශ්\u200dරී'],
    ['Hebrew and Arabic without marks of direction', 'אברהם محمد'],
    ['a family, a profession with a colour, and a flag', '👨\u200d👩\u200d👧 👩🏽\u200d💻 🏳️\u200d🌈'],
    ['a heart on fire', '❤\ufe0f\u200d🔥'],
    ['a keycap', '1\ufe0f\u20e3'],
    ['a variant of a Han character', '葛\u{e0100}城'],
    ['a character that Unicode has not assigned yet', '\u{1faff}'],
    ['symbols only', '→ #1'],
    ['one digit', '0'],
    ['the most characters', 'x'.repeat(most)],
  ])('has %s: %s', (_, text) => expect(isPrintableName(text, most)).toBe(true))

  it.each([
    ['nothing', ''],
    ['too many characters', 'x'.repeat(most + 1)],
    ['spaces only', ' \u00a0\u3000'],
    ['marks only', '\u0301\u0308'],
    ['a Braille pattern without a dot', '\u2800'],
    ['a line feed', 'two\nlines'],
    ['a line separator', 'two\u2028lines'],
    ['a paragraph separator', 'two\u2029lines'],
    ['an escape sequence', '\u001b[31mred'],
    ['C1 controls', 'a\u009bb'],
    ['half a surrogate pair', 'a\ud83d'],
    ['a space without width', 'ad\u200bmin'],
    ['a space without width only', '\u200b'],
    ['a byte order mark', '\ufeffadmin'],
    ['a soft hyphen', 'ad\u00admin'],
    ['a word joiner', 'ad\u2060min'],
    ['an override of direction', 'a\u202enimda'],
    ['an isolate of direction', 'a\u2067b\u2069'],
    ['a mark of direction', 'a\u200eb'],
    ['a joiner between Latin letters', 'ad\u200cmin'],
    ['a joiner between Han characters', '葛\u200d城'],
    ['a joiner at the start', '\u200cمی'],
    ['a joiner at the end', 'می\u200c'],
    ['two joiners in a row', 'می\u200c\u200cخواهم'],
    ['a joiner between a letter and an emoji', 'a\u200d💻'],
    ['a filler', 'a\u3164'],
    ['a filler only', '\u3164'],
    ['a joiner of graphemes', 'a\u034fb'],
    ['a selector of a variant that a letter does not have', 'a\ufe0fb'],
    ['text in tags', '🏴\u{e0067}\u{e0062}\u{e007f}'],
    ['a tag', 'a\u{e0041}'],
    ['private use', '\ue000'],
    ['private use beyond the first plane', '\u{100000}'],
    ['a noncharacter', 'a\ufffe'],
  ])('does not have %s', (_, text) => expect(isPrintableName(text, most)).toBe(false))
})

describe('a printable text', () => {
  it.each(['', ' ', '\u200b', 'a\u202eb', 'x'.repeat(most)])('may be hidden from a reader: %j', (text) =>
    expect(isPrintable(text, most)).toBe(true),
  )

  it.each(['\u0000', 'a\nb', 'a\u009bb', '\ud83d', 'x'.repeat(most + 1)])('is not %j', (text) =>
    expect(isPrintable(text, most)).toBe(false),
  )
})

describe('a text in one line', () => {
  it('is as it was, but for what ends the line, controls a terminal, or is not seen', () => {
    expect(inOneLine('Zoë 😀\n\u001b[31m\u009b\u2028\u202e\ud800\u{e0001}')).toBe(
      'Zoë 😀\\u000a\\u001b[31m\\u009b\\u2028\\u202e\\ud800\\udb40\\udc01',
    )
  })
})
