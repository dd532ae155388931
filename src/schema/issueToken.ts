/** Issues an API token: checked against what its issuer holds, shown once, stored as a hash. */
import { createHash } from 'node:crypto'
import { type AllowedScopes, contradictions, excessOf, noAllowedScopes } from '../auth/allowedScopes.ts'
import { mintSecret } from '../auth/apiToken.ts'
import { grantableScopes, isScope } from '../auth/scopes.ts'
import { callerHoldings, callingAuthor, heldRoles } from '../caller.ts'
import type { Context } from '../context.ts'
import { recordChange } from '../db/audit.ts'
import { databaseFailure } from '../db/failure.ts'
import { type Access, Prisma, type Token as TokenRow } from '../db/generated/prisma/client.ts'
import { findEarlierRequest, type IdempotentRequest, rememberRequest } from '../db/idempotency.ts'
import { inTransaction, type Transaction } from '../db/transaction.ts'
import { hasControlCharacter, integerIdOf } from '../ids.ts'
import { AllowedScopesInput, storedAllowedScopes } from './allowedScopes.ts'
import { builder } from './builder.ts'
import {
  Conflict,
  ConflictError,
  expected,
  InputCheck,
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
import { must } from './must.ts'
import { Token } from './token.ts'

interface IssuedToken {
  readonly token: TokenRow
  /** Null where an idempotent request is replayed. */
  readonly secret: string | null
}

const IssueTokenInput = builder.inputType('IssueTokenInput', {
  description: 'A token to be issued.',
  fields: (t) => ({
    accessId: t.id({ required: true, description: 'The access that the token acts for. Profiles hold no tokens.' }),
    name: t.string({ required: true, description: 'A name that tells it apart, of 1 to 200 characters.' }),
    expiresAt: t.field({
      type: 'DateTime',
      description:
        'When its time is over. Default and maximum are configured: TOKEN_DEFAULT_LIFETIME, TOKEN_MAX_LIFETIME.',
    }),
    scope: t.stringList({
      description: 'The gateway scopes that it carries, within those of its issuer. Left out: none.',
    }),
    allowedScopes: t.field({
      type: AllowedScopesInput,
      description: 'What it may be used for outside of the gateway, within what its issuer holds. Left out: nothing.',
    }),
    idempotencyKey: t.string({
      description:
        'A text of 1 to 255 characters. The same request under the same key within 24 hours gives the same token, but ' +
        'not its secret again; another request under it is a conflict.',
    }),
  }),
})

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

type Input = typeof IssueTokenInput.$inferInput

/** A request that has passed all checks but those against what is stored. */
interface TokenRequest {
  readonly accessId: number
  readonly name: string
  readonly expiresAt: Date
  readonly scope: readonly string[]
  readonly allowedScopes: AllowedScopes
}

async function issueToken(input: Input, context: Context): Promise<IssuedToken> {
  const request = readInput(input, context)
  const access = await context.loaders.access.load(request.accessId)
  if (access === null) throw new NotFound('there is no such access')
  await checkPolicy(request, access, context)
  await checkHoldings(request, context)
  const author = await callingAuthor(context)
  const idempotent = idempotentRequest(input, access, context)

  const issue = () =>
    inTransaction(context.prisma, async (transaction) => {
      const earlier = idempotent && (await findEarlierRequest(transaction, idempotent, context.clock()))
      if (earlier) return replay(transaction, earlier)
      return store(transaction, { request, access, author, idempotent, context })
    })
  return issue().catch((error: unknown) => {
    // The same key in two requests at once: the slower one finds what the faster one did.
    if (idempotent !== null && databaseFailure(error) === 'unique') return issue()
    throw error
  })
}

function readInput(input: Input, { clock, policy }: Context): TokenRequest {
  const check = new InputCheck()
  const accessId = check.read(['accessId'], () => integerIdOf('accessId', input.accessId))
  if (input.name.trim() === '' || input.name.length > 200 || hasControlCharacter(input.name)) {
    check.add({ path: ['name'], message: `expected 1 to 200 printable characters, received ${input.name.length}` })
  }
  const expiresAt = input.expiresAt ?? new Date(clock().getTime() + policy.tokenDefaultLifetime * 1_000)
  if (expiresAt <= clock()) check.add({ path: ['expiresAt'], message: 'expected an instant in the future' })
  const scope = [...new Set(input.scope ?? [])].sort()
  for (const [index, name] of (input.scope ?? []).entries()) {
    if (!isScope(name)) check.add({ path: ['scope', String(index)], message: 'expected a scope of the gateway' })
  }
  const allowedScopes = input.allowedScopes ? storedAllowedScopes(input.allowedScopes) : noAllowedScopes
  check.add(
    ...contradictions(allowedScopes).map(({ path, message }) => ({ path: ['allowedScopes', ...path], message })),
  )
  const key = input.idempotencyKey ?? undefined
  if (key !== undefined && (key === '' || key.length > 255 || hasControlCharacter(key))) {
    check.add({ path: ['idempotencyKey'], message: 'expected 1 to 255 printable characters' })
  }
  check.finish()
  return { accessId: accessId as number, name: input.name, expiresAt, scope, allowedScopes }
}

async function checkPolicy(request: TokenRequest, access: Access, context: Context): Promise<void> {
  const { clock, policy, principal, loaders } = context
  if (principal.tokenId !== null) throw new TokenPolicyBroken('ISSUED_BY_TOKEN', 'an API token issues no tokens')
  if (access.type === 'PROFILE') throw new TokenPolicyBroken('PROFILE_ACCESS', 'a profile holds no tokens')
  const user = must(await loaders.user.load(access.userId), 'user')
  const today = new Date(clock().toISOString().slice(0, 10))
  if (user.expiresAt !== null && user.expiresAt < today) {
    throw new TokenPolicyBroken('EXPIRED_USER', 'the user of the access has expired')
  }
  const latest = new Date(clock().getTime() + policy.tokenMaxLifetime * 1_000)
  if (request.expiresAt > latest) {
    throw new TokenPolicyBroken('TOKEN_MAX_LIFETIME', `expected an expiry no later than ${latest.toISOString()}`)
  }
}

async function checkHoldings({ scope, allowedScopes, accessId }: TokenRequest, context: Context): Promise<void> {
  const [issuer, subject] = await Promise.all([callerHoldings(context), heldRoles(accessId, context)])
  const grantable = new Set<string>(grantableScopes(issuer.scopes))
  const excess = [...scope.filter((name) => !grantable.has(name)), ...excessOf(allowedScopes, issuer, subject)]
  if (excess.length > 0) throw new ScopeNotGranted(excess)
}

function idempotentRequest(input: Input, access: Access, { principal }: Context): IdempotentRequest | null {
  const { idempotencyKey, ...asked } = input
  if (!idempotencyKey) return null
  return {
    organizationId: access.organizationId,
    subject: principal.subject,
    key: idempotencyKey,
    requestHash: new Uint8Array(
      createHash('sha256')
        .update(JSON.stringify(['issueToken', asked]))
        .digest(),
    ),
  }
}

async function replay(
  transaction: Transaction,
  { tokenId, same }: { readonly tokenId: number; readonly same: boolean },
): Promise<IssuedToken> {
  if (!same) throw new Conflict('the idempotency key was used for another request')
  return { token: await transaction.token.findUniqueOrThrow({ where: { id: tokenId } }), secret: null }
}

interface TokenToStore {
  readonly request: TokenRequest
  readonly access: Access
  readonly author: object | null
  readonly idempotent: IdempotentRequest | null
  readonly context: Context
}

async function store(
  transaction: Transaction,
  { request, access, author, idempotent, context }: TokenToStore,
): Promise<IssuedToken> {
  const now = context.clock()
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
