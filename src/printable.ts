/** Texts that are kept or searched for: names, ids of roles, permissions and services, search texts. */

/** Control characters, and halves of surrogate pairs: UTF-8 has no form for those, so that they would be stored as something else. */
const unprintable = /[\p{Cc}\p{Cs}]/u

const halfOfPair = /\p{Cs}/u

/** Whether PostgreSQL can store the text: it has no NUL, and no half of a surrogate pair, for which UTF-8 has no form. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && !halfOfPair.test(text)
}

/**
 * What a reader of a name does not see, or not as it is: characters that are invisible, turn the direction of others, end the
 * line or have no agreed form (UTR 36, section 2.5; UTS 39, section 3.1, Default_Ignorable and Not_Character). Unassigned ones
 * are not among them: a later version of Unicode assigns them, and until then they show as boxes.
 */
const hidden = /[\p{Cf}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\p{Co}\p{Noncharacter_Code_Point}]/u

/** Scripts in whose words joiners are written (UAX 31, section 2.3.1): Persian has ZWNJ, languages of India have both. */
const joining = ['Arab', 'Beng', 'Deva', 'Gujr', 'Guru', 'Khmr', 'Knda', 'Mlym', 'Mong', 'Mymr', 'Nkoo', 'Orya', 'Sinh']
  .concat('Syrc', 'Taml', 'Telu')
  .map((script) => `\\p{scx=${script}}`)
  .join('')

/** Invisible characters that are part of how something is written: joiners inside of words and of emoji, and variation selectors. */
const written = new RegExp(
  [
    `(?<=[${joining}])[\\u200c\\u200d](?=[${joining}])`,
    '(?<=[\\p{Extended_Pictographic}\\p{Emoji_Modifier}\\ufe0f])\\u200d(?=\\p{Extended_Pictographic})',
    '(?<=\\p{Extended_Pictographic})[\\ufe0e\\ufe0f]',
    '(?<=[0-9#*])\\ufe0f(?=\\u20e3)',
    '(?<=\\p{scx=Han})[\\ufe00-\\ufe0f\\u{e0100}-\\u{e01ef}]',
  ].join('|'),
  'gu',
)

/** Anything but spaces, marks without a letter, and the Braille pattern without a dot. */
const visible = /[^\s\p{M}\u2800]/u

/** Whether the text has at most `most` characters, none of them a control character or half a character. The empty text is. */
export function isPrintable(text: string, most: number): boolean {
  return text.length <= most && !unprintable.test(text)
}

/** Whether the text is printable and a reader sees all of it: something is visible, and nothing is hidden. */
export function isPrintableName(text: string, most: number): boolean {
  return isPrintable(text, most) && visible.test(text) && !hidden.test(text.replace(written, ''))
}

/** The first character that a name must not have, as Unicode writes it: `U+200B`; null where there is none. */
export function hiddenIn(text: string): string | null {
  const shown = text.replace(written, '')
  const found = unprintable.exec(shown) ?? hidden.exec(shown)
  return found === null ? null : `U+${found[0].codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}`
}

const actedUpon = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** The text in one line, without what a terminal acts upon or does not show: that is written as JSON escapes it. */
export function inOneLine(text: string): string {
  return text.replace(actedUpon, (found) =>
    Array.from(
      { length: found.length },
      (_, index) => `\\u${found.charCodeAt(index).toString(16).padStart(4, '0')}`,
    ).join(''),
  )
}
