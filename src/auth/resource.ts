/** The kinds of resources, and a resource in the text form of the token documents, `zone:example.com`, and back. */
import type { ResourceType as ResourceTypeColumn } from '../db/generated/prisma/client.ts'
import { canonicalZone } from './zone.ts'

/** What all resources of a kind have in common. */
export interface ResourceKind {
  /** What its resources begin with in the token documents. */
  readonly prefix: string
  readonly description: string
  /** What an id of the kind is, after "expected". */
  readonly expected: string
  /** The one text for all spellings of an id; null for what is no id of the kind. Canonical texts stay as they are. */
  canonical(id: string): string | null
  /** Whether larger graphs do not show it yet, because others who repeat the enum are still without it. */
  readonly inaccessible?: true
}

/**
 * Every kind of resource. A further one is a row here, a value of the database's enum, and a CHECK of its form there;
 * `docs/resource-types.md` has the steps.
 */
export const resourceTypes = {
  ZONE: {
    prefix: 'zone',
    description: 'A DNS zone, identified by its name.',
    expected: 'the name of a DNS zone: labels of letters, digits, hyphens and underscores, 253 characters at most',
    canonical: canonicalZone,
  },
} as const satisfies Record<ResourceTypeColumn, ResourceKind>

export type ResourceType = keyof typeof resourceTypes

export interface Resource {
  readonly type: ResourceType
  readonly id: string
}

/** The resource of two columns that are both null, or neither; null where they are. */
export function resourceOf(columns: {
  readonly resourceType: ResourceType | null
  readonly resourceId: string | null
}): Resource | null {
  const { resourceType, resourceId } = columns
  return resourceType === null || resourceId === null ? null : { type: resourceType, id: resourceId }
}

/** The resource with its id in the one form of its kind, in which it is stored and compared; null where the id names none. */
export function canonicalResource({ type, id }: Resource): Resource | null {
  const canonical = resourceTypes[type].canonical(id)
  return canonical === null ? null : { type, id: canonical }
}

/** `zone:example.com` for the zone example.com. */
export function formatResource({ type, id }: Resource): string {
  return `${resourceTypes[type].prefix}:${id}`
}

/** Whether the text has the form of a resource. Its id may be none of its kind. */
export function isResource(text: string): boolean {
  return typeOf(text) !== null
}

/** The resource that the text names. Throws where it is none: what is stored was checked when it was written. */
export function parseResource(text: string): Resource {
  const type = typeOf(text)
  if (type === null) throw new Error('expected a resource such as zone:example.com')
  return { type, id: text.slice(resourceTypes[type].prefix.length + 1) }
}

/** What was expected in the place of the text, where it names no resource in its canonical form; null where it does. */
export function resourceIssue(text: string): string | null {
  const type = typeOf(text)
  if (type === null) return 'expected a resource such as zone:example.com'
  const { id } = parseResource(text)
  return canonicalResource({ type, id })?.id === id ? null : `expected ${resourceTypes[type].expected}`
}

const types = Object.keys(resourceTypes) as ResourceType[]

/** What the texts of resources begin with, as a regular expression. */
export const resourcePattern = `^(${types.map((type) => resourceTypes[type].prefix).join('|')}):`

function typeOf(text: string): ResourceType | null {
  return types.find((type) => text.startsWith(`${resourceTypes[type].prefix}:`)) ?? null
}
