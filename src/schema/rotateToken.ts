/** Puts another token in the place of one that works: the same rights under a new secret, for a while beside the old one. */
import { dayOf } from '../auth/expiry.ts'
import { tokenActions } from '../auth/tokenActions.ts'
import type { Context } from '../context.ts'
import { type ChangedRow, change } from '../db/change.ts'
import type { Facts } from '../db/changeStatement.ts'
import type { Token as TokenRow } from '../db/generated/prisma/client.ts'
import { tokens } from '../db/tables.ts'
import { Conflict, expected, InputCheck } from '../failures.ts'
import { integerIdOf } from '../ids.ts'
import { builder } from './builder.ts'
import { rotatedTokens, standingToken, tokenStandings, tokenState } from './changedTokens.ts'
import { typeOfResult } from './failure.ts'
import { newSecret, type ShownSecret, shownAgain, shownFields } from './issuedSecret.ts'
import { issuingErrors, issuingFailures } from './issuingFailures.ts'
import { againstPolicy, notReached, requireWithin } from './mayIssue.ts'
import { must } from './must.ts'
import { newToken } from './newToken.ts'
import { Token } from './token.ts'
import { keyDescription, readExpiry, readKey, readSealTo, sealToDescription } from './tokenRequest.ts'

interface RotatedToken extends ShownSecret {
  readonly token: TokenRow
  readonly previous: TokenRow
}

/** Seconds for which both may work, at most. */
const longestOverlap = 30 * 24 * 60 * 60

const RotateTokenInput = builder.inputType('RotateTokenInput', {
  description: 'The token to be rotated.',
  fields: (t) => ({
    tokenId: t.id({ required: true, description: 'Decimal digits.' }),
    overlapSeconds: t.int({
      defaultValue: 0,
      description: `Seconds for which both work, ${longestOverlap} at most. With 0 the old one stops at once.`,
    }),
    expiresAt: t.field({
      type: 'DateTime',
      description:
        'When the time of the new one is over. As with issueToken: TOKEN_DEFAULT_LIFETIME, TOKEN_MAX_LIFETIME.',
    }),
    sealTo: t.field({ type: 'JSON', description: sealToDescription }),
    idempotencyKey: t.string({ description: keyDescription }),
  }),
})

const RotateTokenPayload = builder.objectRef<RotatedToken>('RotateTokenPayload').implement({
  description: 'A token that was rotated.',
  fields: (t) => ({
    token: t.field({ type: Token, description: 'The new token.', resolve: ({ token }) => token }),
    secret: t.exposeString('secret', { nullable: true, description: shownFields.secret }),
    sealedSecret: t.exposeString('sealedSecret', { nullable: true, description: shownFields.sealedSecret }),
    previous: t.field({ type: Token, description: 'The old token as it is now.', resolve: ({ previous }) => previous }),
  }),
})

const RotateTokenResult = builder.unionType('RotateTokenResult', {
  description: 'What rotating a token can end in.',
  types: [RotateTokenPayload, ...issuingErrors],
  resolveType: typeOfResult('RotateTokenPayload'),
})

builder.mutationField('rotateToken', (t) =>
  t.field({
    type: RotateTokenResult,
    scopes: tokenActions.rotateToken.scopes,
    description:
      'Issues a token in the place of another one that works, with its name, access and rights, and ends that one, at once or ' +
      'after a while. The caller must be able to issue it as it stands.',
    args: { input: t.arg({ type: RotateTokenInput, required: true, description: 'The token to be rotated.' }) },
    resolve: (_, { input }, context) => expected(issuingFailures, context, () => rotateToken(input, context)),
  }),
)

async function readRotation(input: typeof RotateTokenInput.$inferInput, context: Context) {
  const check = new InputCheck()
  const id = check.read(['tokenId'], () => integerIdOf('tokenId', input.tokenId))
  const overlap = input.overlapSeconds ?? 0
  if (overlap < 0 || overlap > longestOverlap) {
    check.add({ path: ['overlapSeconds'], message: `expected 0 to ${longestOverlap} seconds, received ${overlap}` })
  }
  const expiresAt = readExpiry(input, context, check)
  const key = readKey(input, check)
  const sealTo = await readSealTo(input, check)
  check.finish()
  return { id: id as number, overlap, expiresAt, key, sealTo }
}

async function rotateToken(input: typeof RotateTokenInput.$inferInput, context: Context): Promise<RotatedToken> {
  const { id, overlap, expiresAt, key, sealTo } = await readRotation(input, context)
  const { principal, visibility, now, loaders } = context
  const { idleBefore } = context.tokenTime
  const { shown, stored } = await newSecret(sealTo)
  const { hint } = stored
  const oldEndsAt = new Date(now.getTime() + overlap * 1_000)
  const rotated = await change<ChangedRow<number> & Facts, Omit<RotatedToken, 'previous'>>(context, {
    kind: rotatedTokens,
    event: {
      action: 'token.rotate',
      targetType: 'Token',
      before: { tokenId: id },
      after: { hint, expiresAt, rotatedFrom: id, previousEndsAt: oldEndsAt },
    },
    job: {
      ...stored,
      changedTokenId: id,
      expiresAt,
      oldEndsAt,
      today: dayOf(now),
      asksRoles: true,
      asksAll: true,
      idleBefore,
    },
    asked: { type: 'Token', id: String(id) },
    missing: 'there is no such token',
    standings: tokenStandings,
    decide: (standing) => notReached('token', tokenState(standing).isOwn, context) ?? true,
    holding: {
      of: JSON.stringify([principal.accessId, visibility, 'rotated', id]),
      async check(held) {
        const { token, holder, rights, state, successor } = standingToken(held as string)
        if (successor !== null) throw new Conflict(`the token has been rotated already: its successor is ${successor}`)
        if (state !== 'active') throw new Conflict(`the token is ${state}: expected one that works`)
        if (token.expiresAt <= now) throw new Conflict('the token has expired: expected one that works')
        const broken = againstPolicy(expiresAt, holder, context)
        if (broken !== null) throw broken()
        await requireWithin(token, rights, context)
      },
    },
    once:
      key === null
        ? null
        : {
            key,
            operation: 'rotateToken',
            version: 1,
            asked: { id, overlap, expiresAt: input.expiresAt?.toISOString() ?? null, sealTo },
            replay: async ({ tokenId, sealedSecret }) => {
              const token = await loaders.row(tokens, tokenId as number)
              return { token: must(token, 'token of an earlier request'), ...shownAgain({ sealedSecret }) }
            },
          },
    resultOf: (row) => {
      const { token } = standingToken(row.held as string)
      return { token: newToken({ ...token, expiresAt }, row, { hint, now, rotatedFromId: id }), ...shown }
    },
  })
  return { ...rotated, previous: must(await loaders.row(tokens, id), 'token that was rotated') }
}
