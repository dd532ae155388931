/**
 * A file that never changes under its name: the name carries a hash of the content, so browsers keep it for a year and
 * ask again only after a release that changed it.
 */
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

type Encoding = 'br' | 'gzip' | 'identity'

/** A file as it is sent: headers by their names in lower case. */
export interface SentFile {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

export interface Asset {
  /** Absolute path on the gateway, e.g. `/graphiql/app.3f9c0a7be21d4c58.js`. */
  readonly path: string
  /** The file in the best encoding that the client takes: brotli, then gzip, then as it is. */
  sent(acceptEncoding: string | null): Promise<SentFile>
}

/** Brotli beyond this level costs GraphiQL's bundle four times the time for four hundredths of the size. */
const brotliQuality = 5

const brotli = promisify(brotliCompress)
const encoders: Readonly<Record<Encoding, (content: Buffer) => Promise<Buffer>>> = Object.freeze({
  br: (content) => {
    return brotli(content, {
      params: {
        [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
        [constants.BROTLI_PARAM_QUALITY]: brotliQuality,
        [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
      },
    })
  },
  gzip: promisify<Buffer, Buffer>(gzip),
  identity: async (content) => content,
})

/**
 * The content coding for a client with this `Accept-Encoding` (RFC 9110, section 12.5.3). Weights matter only where
 * they are zero, which means "not acceptable"; among the rest the smallest wins.
 */
export function preferredEncoding(acceptEncoding: string | null): Encoding {
  const weights = new Map<string, number>()
  for (const entry of (acceptEncoding ?? '').split(',')) {
    const [coding = '', ...parameters] = entry.split(';').map((part) => part.trim().toLowerCase())
    const weight = parameters.find((parameter) => parameter.startsWith('q='))
    weights.set(coding, weight === undefined ? 1 : Number(weight.slice(2)))
  }
  const accepts = (coding: string) => (weights.get(coding) ?? weights.get('*') ?? 0) > 0
  if (accepts('br')) return 'br'
  if (accepts('gzip')) return 'gzip'
  return 'identity'
}

/**
 * An asset under `folder`, named `<name>.<hash>.<extension>`. It is compressed on the thread pool when a client first
 * asks for an encoding, and from then on served from memory.
 */
export function createAsset(folder: string, fileName: string, contentType: string, content: string): Asset {
  const dot = fileName.lastIndexOf('.')
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 16)
  const encoded = new Map<Encoding, Promise<Uint8Array>>()

  const encode = (encoding: Encoding): Promise<Uint8Array> => {
    const known = encoded.get(encoding)
    if (known !== undefined) return known
    const body = encoders[encoding](Buffer.from(content))
    encoded.set(encoding, body)
    return body
  }

  return Object.freeze({
    path: `${folder}/${fileName.slice(0, dot)}.${hash}${fileName.slice(dot)}`,
    async sent(acceptEncoding: string | null) {
      const encoding = preferredEncoding(acceptEncoding)
      const headers = {
        'cache-control': 'public, max-age=31536000, immutable',
        // A worker lives under the policy of its own response: it computes, and has nothing to load or to call.
        'content-security-policy': "default-src 'none'",
        'content-type': contentType,
        'cross-origin-resource-policy': 'same-origin',
        vary: 'Accept-Encoding',
        'x-content-type-options': 'nosniff',
        ...(encoding === 'identity' ? {} : { 'content-encoding': encoding }),
      }
      return { headers, body: await encode(encoding) }
    },
  })
}
