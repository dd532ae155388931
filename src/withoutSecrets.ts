/** What clients wrote, as it may be repeated to them and logged: they put secrets of API tokens anywhere. */

/** What each secret begins with. */
export const secretPrefix = 'iamt_'

/** Secrets, whole or cut off. */
const secretLike = new RegExp(`${secretPrefix}[0-9A-Za-z]{8,}`, 'g')

/** The text with `iamt_…` in the place of secrets. */
export function withoutSecrets(text: string): string {
  return text.includes(secretPrefix) ? text.replace(secretLike, `${secretPrefix}…`) : text
}
