/** An identity provider for tests: keys to sign with, and a real HTTP server that serves their public halves. */
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'

/** A key pair, and JWTs signed with it. */
export interface Signer {
  /** The public key. */
  readonly jwk: JWK
  readonly privateKey: CryptoKey
  /** A JWT with these claims and no others. */
  sign(claims: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): Promise<string>
}

/** A new key; without `kid` neither the key nor its JWTs have one. */
export async function createSigner(kid?: string, alg = 'ES256'): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const named = kid === undefined ? {} : { kid }
  return {
    jwk: { ...(await exportJWK(publicKey)), ...named, use: 'sig' },
    privateKey,
    sign: (claims, header) =>
      new SignJWT(claims).setProtectedHeader({ alg, typ: 'at+jwt', ...named, ...header }).sign(privateKey),
  }
}

export interface KeyServer {
  readonly url: string
  /** How often the key set has been asked for. */
  readonly requests: number
  /** What is answered from now on. */
  answer: RequestListener
  close(): Promise<void>
}

/** The answer of a server that has these keys. */
export function serving(...keys: readonly unknown[]): RequestListener {
  return (_request, response) => {
    response.setHeader('content-type', 'application/jwk-set+json').end(JSON.stringify({ keys }))
  }
}

/** The answer of a server that is out of reach. */
export const outOfReach: RequestListener = (_request, response) => {
  response.destroy()
}

export async function startKeyServer(answer: RequestListener): Promise<KeyServer> {
  const state = { answer, requests: 0 }
  const server = createServer((request, response) => {
    state.requests++
    state.answer(request, response)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`,
    get requests() {
      return state.requests
    },
    get answer() {
      return state.answer
    },
    set answer(value) {
      state.answer = value
    },
    async close() {
      server.closeAllConnections()
      await once(server.close(), 'close')
    },
  }
}
