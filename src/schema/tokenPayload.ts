/** What a change of a token gives: the token as it is after it. */
import type { Token as TokenRow } from '../db/generated/prisma/client.ts'
import { builder } from './builder.ts'
import { Token } from './token.ts'

interface ChangedToken {
  readonly token: TokenRow
}

/** A payload that is the token and nothing else. */
export function changedTokenPayload(name: string, description: string) {
  return builder.objectRef<ChangedToken>(name).implement({
    description,
    fields: (t) => ({
      token: t.field({ type: Token, description: 'The token as it is now.', resolve: ({ token }) => token }),
    }),
  })
}
