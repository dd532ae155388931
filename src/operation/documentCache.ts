/**
 * Documents that have been parsed and found valid, each with what has been prepared of it. Whoever has any credential can
 * send as many different ones as he likes, so what is kept is bounded by the memory that it takes.
 */
import type { DocumentNode, GraphQLSchema } from 'graphql'
import { LRUCache } from 'lru-cache'
import type { PreparedOperation } from './prepare.ts'
import type { Fragments } from './selection.ts'

export interface KnownDocument {
  readonly document: DocumentNode
  /** The first 16 hexadecimal digits of the SHA-256 of its text. */
  readonly hash: string
  readonly fragments: Fragments
  /** Selections, those of fragments counted wherever they are spread. */
  readonly selections: number
  /** By name, as they are asked for. */
  readonly operations: Map<string, PreparedOperation>
}

/** Text → the document for each schema that it was sent to. One cache serves all schemas, so that one bound holds. */
export type DocumentCache = LRUCache<string, ReadonlyMap<GraphQLSchema, KnownDocument>>

const mostDocuments = 5_000
const mostBytes = 64 * 1024 * 1024

/**
 * Bytes of V8's heap, measured on Node 20, 22 and 24 as the growth over some thousand documents after a collection:
 * the syntax tree takes 280 to 640 for a token, what is prepared of an operation up to 520 for a selection, wherever
 * its fragment is spread. Each document has its text, with up to two bytes a character. The test measures again.
 */
const bytesOf = { document: 2_000, token: 500, selection: 520, character: 2 }

/** An empty cache; `bytes` is what everything in it may take together. */
export function createDocumentCache(bytes = mostBytes): DocumentCache {
  return new LRUCache({ max: mostDocuments, maxSize: bytes, sizeCalculation: sizeOf })
}

function sizeOf(bySchema: ReadonlyMap<GraphQLSchema, KnownDocument>, text: string): number {
  let bytes = 0
  for (const { document, selections } of bySchema.values()) {
    const tokens = document.tokenCount ?? text.length
    bytes +=
      bytesOf.document + text.length * bytesOf.character + tokens * bytesOf.token + selections * bytesOf.selection
  }
  return bytes
}
