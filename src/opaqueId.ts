/** Ids and cursors whose inside is not for clients: what they point at and which one, in base64url. */

/** The opaque form of something of a kind. The kind has no colon; the text may have anything. */
export function encodeOpaque(kind: string, text: string | number): string {
  return Buffer.from(`${kind}:${text}`).toString('base64url')
}

/** What `encodeOpaque` was given; null for anything that it does not give. */
export function decodeOpaque(opaque: string): { readonly kind: string; readonly text: string } | null {
  const [kind = '', ...rest] = Buffer.from(opaque, 'base64url').toString('utf8').split(':')
  const text = rest.join(':')
  return rest.length > 0 && encodeOpaque(kind, text) === opaque ? { kind, text } : null
}
