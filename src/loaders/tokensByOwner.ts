/** Access → its tokens, and user → the tokens of all of its accesses. */
import { Prisma, type Token } from '../db/generated/prisma/client.ts'
import { tokens } from '../db/tables.ts'
import type { Page } from '../search/page.ts'
import { type TokenSearch, tokensMatching } from '../search/tokenSearch.ts'
import { byArguments, type LoaderContext } from './batch.ts'
import { countByParent, pageByParent } from './page.ts'

const ofAccess = {
  table: tokens,
  parentType: 'integer',
  condition: Prisma.sql`${tokens.column('accessId')} = parent.id`,
} as const

const ofUser = {
  table: tokens,
  parentType: 'uuid',
  condition: Prisma.sql`${tokens.column('accessId')} IN (SELECT id FROM accesses WHERE user_id = parent.id)`,
} as const

interface PageOfTokens {
  readonly search: TokenSearch | null
  readonly page: Page
}

/** A page of each access's tokens. */
export function tokensByAccess(context: LoaderContext) {
  return byArguments(({ search, page }: PageOfTokens) =>
    pageByParent<number, Token>(context, ofAccess, tokensMatching(search, context.rules), page),
  )
}

/** How many tokens each access has. */
export function tokenCountByAccess(context: LoaderContext) {
  return byArguments((search: TokenSearch | null) =>
    countByParent<number, Token>(context, ofAccess, tokensMatching(search, context.rules)),
  )
}

/** A page of each user's tokens. */
export function tokensByUser(context: LoaderContext) {
  return byArguments(({ search, page }: PageOfTokens) =>
    pageByParent<string, Token>(context, ofUser, tokensMatching(search, context.rules), page),
  )
}

/** How many tokens each user has. */
export function tokenCountByUser(context: LoaderContext) {
  return byArguments((search: TokenSearch | null) =>
    countByParent<string, Token>(context, ofUser, tokensMatching(search, context.rules)),
  )
}
