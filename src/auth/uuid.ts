/** UUIDs in their textual form (RFC 9562, section 4). */

const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Whether the text is a UUID, of whatever version and case. */
export function isUuid(text: string): boolean {
  return pattern.test(text)
}
