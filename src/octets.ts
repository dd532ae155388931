/**
 * Texts as their UTF-8 bytes, a character for each: so that what comes from the database in UTF-8 is written on as it is, and a
 * text that is put together of many becomes bytes without being looked at again.
 */

/** A text whose characters are bytes of UTF-8. */
export type Octets = string

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const beyondAscii = /[^\x00-\x7f]/

/** The text that these bytes are. */
export function textOf(octets: Octets): string {
  return beyondAscii.test(octets) ? Buffer.from(octets, 'latin1').toString('utf8') : octets
}

/** A text that has been written as its bytes. */
export class Written {
  readonly octets: Octets

  constructor(octets: Octets) {
    this.octets = octets
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return Buffer.from(this.octets, 'latin1')
  }

  text(): string {
    return textOf(this.octets)
  }
}

/** The bytes of the text. */
export function octetsOf(text: string): Octets {
  return beyondAscii.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text
}
