/** The names of DNS zones, in the one form in which they are stored and compared. */
import { toASCII } from 'tr46'

const longestName = 253
/** No spelling of a name that the DNS can hold is longer than this; what is, is not looked at. */
const longestText = 1_000

/** RFC 1035, section 2.3.4: labels of 1 to 63 octets. RFC 5890, section 2.3.1: no hyphen at either end. */
const label = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?'
const form = new RegExp(`^${label}(?:\\.${label})*$`)
const ascii = /^[\x20-\x7e]*$/

/**
 * The name in lower case, without a final dot, internationalized labels as A-labels (RFC 5890, section 2.3.2.1): one text
 * for all spellings of a zone. Null for what names none: the root, wildcards, addresses with a port or a path.
 *
 * Labels are letters, digits and hyphens, and underscores besides: they are no host names (RFC 2181, section 11), and zones
 * such as _msdcs.example.com are delegated. The slashes that RFC 2317 has in its examples are not taken.
 */
export function canonicalZone(text: string): string | null {
  if (text.length > longestText) return null
  const mapped = ascii.test(text) ? text.toLowerCase() : processed(text)
  const name = mapped?.replace(/\.$/, '') ?? ''
  if (name.length > longestName || !form.test(name)) return null
  // An A-label is one only where it decodes to what encodes to it.
  return name.includes('xn--') && processed(name) !== name ? null : name
}

/**
 * Unicode IDNA compatibility processing (UTS 46, section 4), nontransitional: faß.example and fass.example are two zones,
 * as their registries have it. Null for what it refuses, which the types of the library leave out.
 */
function processed(name: string): string | null {
  return toASCII(name, { checkBidi: true, checkJoiners: true })
}
