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

/** Characters from which on a text is made bytes at once. */
const long = 4_096

/** A text that has been written as its bytes. */
export class Written {
  /** What a long text was put together of would have to be kept, and be moved by the collector, until it is sent. */
  readonly content: Octets | Uint8Array<ArrayBuffer>

  constructor(octets: Octets) {
    this.content = octets.length < long ? octets : Buffer.from(octets, 'latin1')
  }

  /** How many bytes it has. */
  get length(): number {
    return this.content.length
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return typeof this.content === 'string' ? Buffer.from(this.content, 'latin1') : this.content
  }

  text(): string {
    return typeof this.content === 'string' ? textOf(this.content) : Buffer.from(this.content).toString('utf8')
  }
}

/** The bytes of the text. */
export function octetsOf(text: string): Octets {
  return beyondAscii.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text
}
