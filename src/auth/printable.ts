/** Texts that a token keeps: names, ids of roles, permissions and services, zones. */

/** Control characters, and halves of surrogate pairs: UTF-8 has no form for those, so that they would be stored as something else. */
const unprintable = /[\p{Cc}\p{Cs}]/u

/** Whether the text has 1 to `most` characters and all of them are printable. */
export function isPrintable(text: string, most: number): boolean {
  return text !== '' && text.length <= most && !unprintable.test(text)
}
