/** Issues an API token: checked against what its issuer holds, shown once, stored as a hash. */
import { mintSecret } from '../auth/apiToken.ts'
import { authorReads, holdingReads } from '../caller.ts'
import type { Context } from '../context.ts'
import { type Changed, change, type Work } from '../db/change.ts'
import type { Access, Prisma, Token as TokenRow } from '../db/generated/prisma/client.ts'
import { accesses, tokens, users } from '../db/tables.ts'
import { Conflict, expected, InvalidInput, NotFound, ScopeNotGranted, TokenPolicyBroken } from '../failures.ts'
import { reading } from '../links/columns.ts'
import { builder } from './builder.ts'
import {
  ConflictError,
  InvalidInputError,
  NotFoundError,
  ScopeNotGrantedError,
  TokenPolicyError,
  typeOfResult,
} from './failure.ts'
import { must } from './must.ts'
import { Token } from './token.ts'
import {
  askedOf,
  checkHoldings,
  checkPolicy,
  IssueTokenInput,
  readTokenRequest,
  type TokenRequest,
} from './tokenRequest.ts'

interface IssuedToken {
  readonly token: TokenRow
  /** Null where an idempotent request is replayed. */
  readonly secret: string | null
}

const IssueTokenPayload = builder.objectRef<IssuedToken>('IssueTokenPayload').implement({
  description: 'A token that was issued.',
  fields: (t) => ({
    token: t.field({ type: Token, description: 'The token.', resolve: ({ token }) => token }),
    secret: t.exposeString('secret', {
      nullable: true,
      description: 'The secret: shown here, once. Null when an idempotent request is replayed.',
    }),
  }),
})

const IssueTokenResult = builder.unionType('IssueTokenResult', {
  description: 'What issuing a token can end in.',
  types: [IssueTokenPayload, InvalidInputError, NotFoundError, ScopeNotGrantedError, TokenPolicyError, ConflictError],
  resolveType: typeOfResult('IssueTokenPayload'),
})

const failures = [InvalidInput, NotFound, ScopeNotGranted, TokenPolicyBroken, Conflict]

builder.mutationField('issueToken', (t) =>
  t.field({
    type: IssueTokenResult,
    scopes: ['tokens:issue'],
    description: 'Issues an API token for an access. What it may do must be within what the caller may do.',
    args: { input: t.arg({ type: IssueTokenInput, required: true, description: 'The token to be issued.' }) },
    reads: [...authorReads, ...holdingReads, reading(users, 'expiresAt')],
    resolve: (_, { input }, context) => expected(failures, context, () => issueToken(input, context)),
  }),
)

async function issueToken(input: typeof IssueTokenInput.$inferInput, context: Context): Promise<IssuedToken> {
  const request = readTokenRequest(input, context)
  const access = await context.loaders.row(accesses, request.accessId)
  if (access === null) throw new NotFound('there is no such access')
  await checkPolicy(request, access, context)
  const { idempotencyKey: key } = input
  return change(context, (work) => store(work, request, access, context.now), {
    check: () => checkHoldings(request, access, context),
    once:
      typeof key === 'string'
        ? {
            organizationId: access.organizationId,
            key,
            operation: 'issueToken',
            version: 1,
            asked: askedOf(input, request),
            outcomeOf: ({ token }) => ({ tokenId: token.id }),
            replay: async ({ tokenId }) => {
              const token = await context.loaders.row(tokens, tokenId as number)
              return { token: must(token, 'token of an earlier request'), secret: null }
            },
          }
        : null,
  })
}

async function store(
  { transaction, author }: Work,
  request: TokenRequest,
  access: Access,
  now: Date,
): Promise<Changed<IssuedToken>> {
  const { secret, hash, hint } = mintSecret()
  const { organizationId } = access
  const { name, scope, allowedScopes, expiresAt } = request
  const token = await transaction.token.create({
    data: {
      organizationId,
      accessId: access.id,
      name,
      secretHash: hash,
      hint,
      scope: [...scope],
      allowedScopes: allowedScopes as unknown as Prisma.InputJsonObject,
      expiresAt,
      createdAt: now,
      createdBy: author,
      updatedAt: now,
      updatedBy: author,
    },
    omit: { secretHash: true },
  })
  return {
    result: { token: token as TokenRow, secret },
    event: {
      organizationId,
      action: 'token.issue',
      targetType: 'Token',
      targetId: String(token.id),
      before: null,
      after: { accessId: access.id, name, hint, scope, allowedScopes, expiresAt: expiresAt.toISOString() },
    },
  }
}
