/** Pieces of SQL that draw from a hash, and that write ids and names the same way everywhere. */

/** The byte of a hash at a position, 0 to 255. */
export function byte(hash: string, position: number): string {
  return `get_byte(${hash}, ${position})`
}

/** Two bytes of a hash as one number, 0 to 65,535. */
export function wide(hash: string, position: number): string {
  return `(get_byte(${hash}, ${position}) * 256 + get_byte(${hash}, ${position + 1}))`
}

/** A time of day from 7:00 on and before 17:00 as an interval, from two bytes of a hash. */
export function officeHours(hash: string, position: number): string {
  return `interval '1 second' * (25200 + ${wide(hash, position)} % 36000)`
}

/** One of some fixed texts, by a number. */
export function oneOf(texts: readonly string[], number: string): string {
  return `(ARRAY[${texts.map((text) => `'${text}'`).join(', ')}])[1 + ${number} % ${texts.length}]`
}

/** The SHA-256 that stands for a kind of row and its number. */
export function hashOf(kind: string, number: string): string {
  return `sha256(convert_to('bulk ${kind} ' || ${number}, 'UTF8'))`
}

/** The UUID that stands for a kind of row and its number, with the version and variant bits of a version 4 one. */
export function uuidOf(kind: string, number: string): string {
  return `overlay(overlay(md5('bulk ${kind} ' || ${number}) PLACING '4' FROM 13) PLACING 'a' FROM 17)::uuid`
}

/** What stands for a name in a mail address: lower case, and without the accents that the names have. */
export function mailForm(name: string): string {
  return `translate(lower(${name}), 'äöüàâèéêëîïôûç', 'aouaaeeeeiiouc')`
}
