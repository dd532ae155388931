/** A resource in the text form of the token documents, `zone:example.com`, and back. */

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

/** The resource that the text names. Throws where it is none: what is stored was checked when it was written. */
export function parseResource(text: string): Resource {
  if (!text.startsWith('zone:')) throw new Error('expected a resource such as zone:example.com')
  return { type: 'ZONE', id: text.slice('zone:'.length) }
}
