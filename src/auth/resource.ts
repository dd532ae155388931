/** A resource in the text form of the token documents, `zone:example.com`, and back. */
import { isPrintableName } from '../printable.ts'

export interface Resource {
  readonly type: 'ZONE'
  readonly id: string
}

/** The resource of two columns that are both null, or neither; null where they are. */
export function resourceOf(columns: {
  readonly resourceType: 'ZONE' | null
  readonly resourceId: string | null
}): Resource | null {
  const { resourceType, resourceId } = columns
  return resourceType === null || resourceId === null ? null : { type: resourceType, id: resourceId }
}

/** `zone:example.com` for the zone example.com. */
export function formatResource({ type, id }: Resource): string {
  return `${type.toLowerCase()}:${id}`
}

const longestZone = 255

/** Whether the text names a resource: a zone, whose name has 1 to 255 printable characters and no spaces. */
export function isResource(text: string): boolean {
  if (!text.startsWith('zone:')) return false
  const { id } = parseResource(text)
  return isPrintableName(id, longestZone) && !/\s/u.test(id)
}

/** The resource that the text names. Throws where it is none: what is stored was checked when it was written. */
export function parseResource(text: string): Resource {
  if (!text.startsWith('zone:')) throw new Error('expected a resource such as zone:example.com')
  return { type: 'ZONE', id: text.slice('zone:'.length) }
}
