/** Texts that are kept or searched for: names, ids of roles, permissions and services, zones. */

/** Control characters, and halves of surrogate pairs: UTF-8 has no form for those, so that they would be stored as something else. */
const unprintable = /[\p{Cc}\p{Cs}]/u

/** Whether the text has at most `most` characters and all of them are printable. The empty text is. */
export function isPrintable(text: string, most: number): boolean {
  return text.length <= most && !unprintable.test(text)
}

/** The same for a text that must not be empty. */
export function isPrintableName(text: string, most: number): boolean {
  return text !== '' && isPrintable(text, most)
}
