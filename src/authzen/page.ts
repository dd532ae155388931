/** Pages of a search (Authorization API 1.0, section 8.2). */
import type { Context } from '../context.ts'
import { GatewayError } from '../errors.ts'
import type { Members } from '../json.ts'
import { defaultLimit } from '../page/offset.ts'
import { optionalObjectIn, wrong } from './entities.ts'
import type { PageTokens, Place } from './pageToken.ts'

/** What a request says of the page that it asks for. */
export interface AskedPage {
  readonly token: string | undefined
  readonly limit: number | undefined
  /** What pages of the same search agree in. */
  readonly question: unknown
}

/** A result, and the key by which results are in order. */
export interface Found<Result> {
  readonly key: string
  readonly result: Result
}

/** Those of the results that come after the key, in order, at most so many. */
export type Find<Result> = (after: string | null, most: number) => Promise<readonly Found<Result>[]>

export interface PageBody<Result> {
  readonly page: { readonly next_token: string; readonly count: number }
  readonly results: readonly Result[]
}

/** `search` tells the endpoints apart. Throws BAD_REQUEST. */
export function readPage(body: Members, search: string): AskedPage {
  const { token, limit } = optionalObjectIn(body, 'page') ?? {}
  if (isGiven(token) && typeof token !== 'string') throw wrong('page.token', 'a text', token)
  if (isGiven(limit) && !(typeof limit === 'number' && Number.isSafeInteger(limit) && limit >= 0)) {
    throw wrong('page.limit', 'a whole number from 0', limit)
  }
  const { subject, action, resource, context } = body
  return {
    token: isGiven(token) && token !== '' ? (token as string) : undefined,
    limit: isGiven(limit) ? (limit as number) : undefined,
    question: { search, subject, action, resource, context },
  }
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null
}

/** The page that is asked for. Rejects with BAD_REQUEST for a token of another search, and for more than a page may have. */
export async function pageOf<Result>(
  asked: AskedPage,
  find: Find<Result>,
  context: Context,
  tokens: PageTokens,
): Promise<PageBody<Result>> {
  const { limit, after } = await placeOf(asked, context, tokens)
  // One more than asked for tells whether there is a further page.
  const found = await find(after, limit + 1)
  const page = found.slice(0, limit)
  const place = { limit, after: page.at(-1)?.key ?? after }
  return {
    page: {
      next_token: found.length > limit ? await tokens.seal(place, asked.question, context) : '',
      count: page.length,
    },
    results: page.map(({ result }) => result),
  }
}

async function placeOf({ token, limit, question }: AskedPage, context: Context, tokens: PageTokens): Promise<Place> {
  const { mostRows } = context.policy
  if (limit !== undefined && limit > mostRows) {
    const message = `"page.limit": expected a whole number from 0 to ${mostRows}, received ${limit}`
    throw new GatewayError('BAD_REQUEST', message)
  }
  if (token === undefined) return { limit: limit ?? Math.min(defaultLimit, mostRows), after: null }
  const place = await tokens.open(token, question, context)
  // Left out, it is that of the page before.
  if (limit !== undefined && limit !== place.limit) {
    throw new GatewayError('BAD_REQUEST', `"page.limit": expected ${place.limit} as before, received ${limit}`)
  }
  return place
}
