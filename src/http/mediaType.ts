/** Which media types a request speaks and accepts (GraphQL over HTTP, sections 4 and 5; RFC 9110, section 12.5.1). */
import Negotiator from 'negotiator'
import { remembering } from './remembering.ts'

/** What an answer may be as a whole. The first of those that a request likes as much as each other. */
const wholeTypes = ['application/json', 'application/graphql-response+json'] as const
/** What it may come as in parts. */
const streamTypes = ['text/event-stream', 'multipart/mixed'] as const

export type WholeType = (typeof wholeTypes)[number]
export type StreamType = (typeof streamTypes)[number]

/** Whether the value of a Content-Type header says JSON. */
export function isJson(contentType: string | null): boolean {
  return contentType !== null && saysJson(contentType)
}

const saysJson = remembering((contentType) => {
  const type = typeOf(contentType)
  return type === 'application/json' || type === 'application/graphql+json'
})

/** Whether the value of a Content-Type header says this type, whatever its parameters. */
export function isOfType(type: string, contentType: string | null): boolean {
  return contentType !== null && typeOf(contentType) === type
}

function typeOf(contentType: string): string | undefined {
  return contentType.split(';')[0]?.trim().toLowerCase()
}

/**
 * The type to answer a request with this Accept header in, as it likes best; undefined where it takes none of them. It
 * is answered in parts only where it takes nothing as a whole.
 */
export function answerType(accept: string | null): WholeType | StreamType | undefined {
  return wholeType(accept) ?? preferredStream(accept ?? '')
}

/** The type of an answer that can only be given as a whole. */
export function wholeType(accept: string | null): WholeType | undefined {
  // What nearly all clients send.
  if (accept === null || accept === '*/*' || accept === 'application/json') return 'application/json'
  return preferredWhole(accept)
}

/** Whether an answer of this type is given as a whole. */
export function isWhole(type: WholeType | StreamType): type is WholeType {
  return type === wholeTypes[0] || type === wholeTypes[1]
}

/** Parameters that say nothing of how an answer is written here, such as versions and profiles. */
const otherParameters = /;(?!\s*(?:q|charset)=)[^;,]*/gi

const preferredWhole = remembering((accept) => preferred(accept, wholeTypes))
const preferredStream = remembering((accept) => preferred(accept, streamTypes))

/** All that the gateway writes is in UTF-8. */
function preferred<Type extends string>(accept: string, types: readonly Type[]): Type | undefined {
  const headers = { accept: (accept || '*/*').replace(otherParameters, '') }
  const chosen = new Negotiator({ headers }).mediaType(types.map((type) => `${type}; charset=utf-8`))
  return types.find((type) => chosen?.startsWith(type))
}
