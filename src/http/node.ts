/** node:http's requests and responses ↔ the gateway's. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { addressOf } from './address.ts'
import { brokenOff, createBody } from './body.ts'
import type { HttpRequest, HttpResponse } from './message.ts'

export function nodeRequest(message: IncomingMessage, maxBodyBytes: number): HttpRequest {
  const header = (name: string) => {
    const value = message.headers[name]
    return typeof value === 'object' ? value.join(', ') : (value ?? null)
  }
  return {
    method: message.method ?? '',
    ...addressOf(message.url ?? '', header('host')),
    peers: { remote: message.socket.remoteAddress, local: message.socket.localAddress },
    header,
    text: () => readText(message, maxBodyBytes),
    isAbandoned: () => message.socket.destroyed,
    whenAbandoned(listener) {
      message.socket.once('close', listener)
      return () => message.socket.off('close', listener)
    },
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
      .once('end', () => resolve(body.text()))
      .once('error', (error) => reject(brokenOff(error)))
  })
}

/** Writes the response. Resolves when it is written, and where the client has left. */
export async function sendResponse(response: ServerResponse, { status, headers, body }: HttpResponse): Promise<void> {
  if (body === null || typeof body === 'string' || body instanceof Uint8Array) {
    const hasBody = status !== 204 && status !== 304
    response.writeHead(status, hasBody ? { ...headers, 'content-length': Buffer.byteLength(body ?? '') } : headers)
    response.end(body)
  } else {
    response.writeHead(status, headers)
    await pipeline(body, response).catch(() => {})
  }
}
