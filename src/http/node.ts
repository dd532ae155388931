/** node:http's requests and responses ↔ the gateway's. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { Written } from '../octets.ts'
import { addressOf } from './address.ts'
import { brokenOff, createBody } from './body.ts'
import type { HttpRequest, HttpResponse, Peers } from './message.ts'

export function nodeRequest(message: IncomingMessage, maxBodyBytes: number): HttpRequest {
  return new NodeRequest(message, maxBodyBytes)
}

class NodeRequest implements HttpRequest {
  readonly method: string
  readonly host: string | null
  readonly path: string
  readonly query: string
  readonly #message: IncomingMessage
  readonly #maxBodyBytes: number

  constructor(message: IncomingMessage, maxBodyBytes: number) {
    this.#message = message
    this.#maxBodyBytes = maxBodyBytes
    const { host, path, query } = addressOf(message.url ?? '', message.headers.host ?? null)
    this.method = message.method ?? ''
    this.host = host
    this.path = path
    this.query = query
  }

  get peers(): Peers {
    const { remoteAddress, localAddress } = this.#message.socket
    return { remote: remoteAddress, local: localAddress }
  }

  header(name: string): string | null {
    const value = this.#message.headers[name]
    return typeof value === 'object' ? value.join(', ') : (value ?? null)
  }

  text(): Promise<string> {
    return readText(this.#message, this.#maxBodyBytes)
  }

  isAbandoned(): boolean {
    return this.#message.socket.destroyed
  }

  whenAbandoned(listener: () => void): () => void {
    const { socket } = this.#message
    if (socket.closed) listener()
    else socket.on('close', listener)
    return () => socket.off('close', listener)
  }
}

/** The body. What is beyond the bound is read and dropped, so that the connection can be used again. */
async function readText(message: IncomingMessage, maxBodyBytes: number): Promise<string> {
  const body = createBody(maxBodyBytes, message.headers['content-length'] ?? null)
  return new Promise((resolve, reject) => {
    message
      .on('data', (chunk: Buffer) => {
        try {
          body.add(chunk)
        } catch (error) {
          reject(error)
        }
      })
      .on('end', () => resolve(body.text()))
      .on('error', (error) => reject(brokenOff(error)))
  })
}

/** Writes the response. Resolves when nothing of it has to be made any more, and where the client has left. */
export async function sendResponse(response: ServerResponse, { status, headers, body }: HttpResponse): Promise<void> {
  const flat: string[] = []
  for (const name in headers) if (name !== 'content-length') flat.push(name, headers[name] as string)
  if (body === null || typeof body === 'string' || body instanceof Uint8Array || body instanceof Written) {
    // As bytes, so that a text is gone through once: for its length, and again for the socket, would be three times.
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    const length = bytes?.length ?? 0
    if (status !== 204 && status !== 304) flat.push('content-length', String(length))
    response.writeHead(status, flat)
    endLater(response, bytes)
  } else {
    response.writeHead(status, flat)
    await pipeline(body, response).catch(() => {})
  }
}

interface Ending {
  readonly response: ServerResponse
  readonly bytes: Uint8Array | Written | null
}

let endings: Ending[] = []

/**
 * Ends the response once everything that has arrived has been looked at. Each write wakes who reads it, which takes far
 * longer than writing to one that is awake: responses that are written right after each other wake it once.
 */
function endLater(response: ServerResponse, bytes: Ending['bytes']): void {
  if (endings.length === 0) setImmediate(endAll)
  endings.push({ response, bytes })
}

function endAll(): void {
  const all = endings
  endings = []
  for (const { response, bytes } of all) {
    // A text goes with the head, in one piece.
    if (bytes instanceof Written) response.end(bytes.content, 'latin1')
    else response.end(bytes)
  }
}
