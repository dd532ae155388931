/** Issues an API token: checked against what its issuer holds, shown once, stored as a hash. */
import { mintSecret } from '../auth/apiToken.ts'
import { callingAuthor } from '../caller.ts'
import type { Context } from '../context.ts'
import { recordChange } from '../db/audit.ts'
import { databaseFailure } from '../db/failure.ts'
import { type Access, Prisma, type Token as TokenRow } from '../db/generated/prisma/client.ts'
import { type EarlierRequest, findEarlierRequest, type IdempotentRequest, rememberRequest } from '../db/idempotency.ts'
import { inTransaction, type Transaction } from '../db/transaction.ts'
import { builder } from './builder.ts'
import {
  Conflict,
  ConflictError,
  expected,
  InvalidInput,
  InvalidInputError,
  NotFound,
  NotFoundError,
  ScopeNotGranted,
  ScopeNotGrantedError,
  TokenPolicyBroken,
  TokenPolicyError,
  typeOfResult,
} from './failure.ts'
import { Token } from './token.ts'
import {
  checkHoldings,
  checkPolicy,
  IssueTokenInput,
  idempotentRequest,
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
    resolve: (_, { input }, context) => expected(failures, () => issueToken(input, context)),
  }),
)

async function issueToken(input: typeof IssueTokenInput.$inferInput, context: Context): Promise<IssuedToken> {
  const now = context.clock()
  const request = readTokenRequest(input, context, now)
  const access = await context.loaders.access.load(request.accessId)
  if (access === null) throw new NotFound('there is no such access')
  const idempotent = idempotentRequest(input, access, context)
  const replay = async () => {
    const earlier = idempotent && (await findEarlierRequest(context.prisma, idempotent, now))
    return earlier && replayed(earlier, context)
  }
  // First of all, because what was granted then may not be granted any more.
  const earlier = await replay()
  if (earlier !== null) return earlier
  await checkPolicy(request, access, context, now)
  await checkHoldings(request, access, context)
  const author = await callingAuthor(context)
  try {
    return await inTransaction(context.prisma, (transaction) =>
      store(transaction, { request, access, author, idempotent, context, now }),
    )
  } catch (error) {
    // The same key in two requests at once: the slower one finds what the faster one did.
    const faster = databaseFailure(error) === 'unique' ? await replay() : null
    if (faster === null) throw error
    return faster
  }
}

async function replayed({ tokenId, same }: EarlierRequest, { prisma }: Context): Promise<IssuedToken> {
  if (!same) throw new Conflict('the idempotency key was used for another request')
  return { token: await prisma.token.findUniqueOrThrow({ where: { id: tokenId } }), secret: null }
}

interface TokenToStore {
  readonly request: TokenRequest
  readonly access: Access
  readonly author: object | null
  readonly idempotent: IdempotentRequest | null
  readonly context: Context
  readonly now: Date
}

async function store(
  transaction: Transaction,
  { request, access, author, idempotent, context, now }: TokenToStore,
): Promise<IssuedToken> {
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
      createdBy: author ?? Prisma.DbNull,
      updatedAt: now,
      updatedBy: author ?? Prisma.DbNull,
    },
  })
  if (idempotent !== null) await rememberRequest(transaction, idempotent, token.id, now)
  await recordChange(transaction, {
    organizationId,
    at: now,
    subject: context.principal.subject,
    actor: author,
    actorTokenId: context.principal.tokenId,
    action: 'token.issue',
    targetType: 'Token',
    targetId: String(token.id),
    before: null,
    after: { accessId: access.id, name, hint, scope, allowedScopes, expiresAt: expiresAt.toISOString() },
    requestId: context.requestId,
  })
  return { token, secret }
}
