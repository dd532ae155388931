/** Values of statements as PostgreSQL reads them. */

/** Texts, and bytes as they are; null is SQL's. */
export type Parameter = string | Buffer | null

/** The value of a place: lists as arrays, instants in UTC, other objects as JSON. */
export function parameterOf(value: unknown): Parameter {
  if (typeof value === 'string') return value
  if (value === null || value === undefined) return null
  if (Array.isArray(value)) return arrayOf(value)
  // Years of more than four digits have a sign in ISO 8601, which PostgreSQL takes for something else.
  if (value instanceof Date) return value.toISOString().replace(/^\+0*/, '')
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** An array in its textual form (PostgreSQL's manual, section 8.15.6). */
function arrayOf(values: readonly unknown[]): string {
  return `{${values.map(elementOf).join()}}`
}

function elementOf(value: unknown): string {
  if (typeof value === 'number') return String(value)
  if (Array.isArray(value)) return arrayOf(value)
  const written = parameterOf(value)
  if (written === null) return 'NULL'
  return quoted(typeof written === 'string' ? written : `\\x${written.toString('hex')}`)
}

function quoted(text: string): string {
  return `"${/["\\]/.test(text) ? text.replace(/["\\]/g, '\\$&') : text}"`
}
