/**
 * Page tokens (Authorization API 1.0, section 8.2): where a search goes on, sealed. A token opens for the question that it
 * was made for only, and for callers who see the same organization: each has a key of its own, made of the gateway's.
 */
import { createHash, hkdfSync } from 'node:crypto'
import { CompactEncrypt, compactDecrypt, errors } from 'jose'
import type { Context } from '../context.ts'
import type { PageTokenKey } from '../db/pageTokenKey.ts'
import { GatewayError } from '../errors.ts'
import { isObject } from '../json.ts'

/** Where a page begins, and how many results it has at most. */
export interface Place {
  readonly limit: number
  /** The key of the last result before it; null at the start. */
  readonly after: string | null
}

export interface PageTokens {
  /** The token of a place in the answer to the question. */
  seal(place: Place, question: unknown, context: Context): Promise<string>
  /** The place. Rejects with BAD_REQUEST where the token is none of this question. */
  open(token: string, question: unknown, context: Context): Promise<Place>
}

const encryption = { alg: 'dir', enc: 'A256GCM' } as const
const decryption = { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] }

/** As JWEs (RFC 7516) that are encrypted directly with the key. */
export function createPageTokens(key: PageTokenKey): PageTokens {
  const keyFor = async (question: unknown, { visibility, read }: Context): Promise<Uint8Array> => {
    const asked = createHash('sha256')
      .update(canonical([visibility, question]))
      .digest()
    return new Uint8Array(hkdfSync('sha256', await key(read), '', asked, 32))
  }
  return {
    async seal({ limit, after }, question, context) {
      const text = new TextEncoder().encode(JSON.stringify([limit, after]))
      return new CompactEncrypt(text).setProtectedHeader(encryption).encrypt(await keyFor(question, context))
    },
    async open(token, question, context) {
      const opened = await opening(token, await keyFor(question, context))
      const [limit, after] = JSON.parse(opened) as [number, string | null]
      return { limit, after }
    },
  }
}

async function opening(token: string, key: Uint8Array): Promise<string> {
  if (!token.split('.').every(isCanonical)) throw wrongToken()
  try {
    const { plaintext } = await compactDecrypt(token, key, decryption)
    return new TextDecoder().decode(plaintext)
  } catch (error) {
    throw error instanceof errors.JOSEError ? wrongToken() : error
  }
}

/** Whether the text is the one that its bytes are written as: several decode to the same. */
function isCanonical(part: string): boolean {
  return Buffer.from(part, 'base64url').toString('base64url') === part
}

function wrongToken(): GatewayError {
  return new GatewayError('BAD_REQUEST', '"page.token": expected the token of a page of this search, asked as before')
}

/** Levels of lists and objects in a question at most. */
const deepest = 50

/** One text for all JSON that means the same: the order of members says nothing. Throws BAD_REQUEST for what is too deep. */
function canonical(value: unknown, depth = 0): string {
  if (depth > deepest) {
    throw new GatewayError('BAD_REQUEST', `expected lists and objects of at most ${deepest} levels`)
  }
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, depth + 1)).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value) ?? 'null'
  const members = Object.keys(value).sort()
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name], depth + 1)}`).join(',')}}`
}
