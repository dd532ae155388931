/**
 * What the caller can do with what it sees, and why not: `viewerCan…` and `viewerCannot…Reasons`, for screens that offer it
 * only where it would be done. The rules are those of the mutations. What they are decided on is found for all rows at once.
 */
import type { FieldKind } from '@pothos/core'
import type { GraphQLResolveInfo } from 'graphql'
import type { AllowedScopes } from '../auth/allowedScopes.ts'
import { stillHeld } from '../auth/decide.ts'
import { isOver } from '../auth/expiry.ts'
import { reaches, type TokenHolder, tokenExcess } from '../auth/issuing.ts'
import { isUnused } from '../auth/token.ts'
import {
  type Action,
  type IssuedAgain,
  type Obstacle,
  type Owned,
  obstacles,
  obstaclesTo,
  type StoppedToken,
  type TokenFacts,
  tokenActions,
  type WorkingToken,
} from '../auth/tokenActions.ts'
import type { Context } from '../context.ts'
import type { Access as AccessRow, Token as TokenRow } from '../db/generated/prisma/client.ts'
import { accesses, tokens, users } from '../db/tables.ts'
import { type Reading, reading } from '../links/columns.ts'
import { successorOfToken, userOfAccess } from '../links/graph.ts'
import type { SubjectRow } from '../links/subjects.ts'
import { Access } from './access.ts'
import { builder } from './builder.ts'
import { must } from './must.ts'
import type { ResolveAll } from './resolveAll.ts'
import { Token } from './token.ts'

const ViewerCannotReason = builder.enumType('ViewerCannotReason', {
  description: 'Why the caller can not do something. Be ready for values that are added later.',
  values: Object.fromEntries(
    Object.entries(obstacles).map(([obstacle, description]) => [obstacle, { description }]),
  ) as unknown as Record<Obstacle, { readonly description: string }>,
})

/** What an action is decided on. */
interface FactsOf<Row, Facts> {
  readonly reads: readonly Reading[]
  /** For many rows at once, in their order. */
  find(rows: readonly Row[], context: Context): readonly Facts[] | Promise<readonly Facts[]>
}

/** The access, or that of the token, with what it holds; undefined where there is none that the caller may see. */
async function subjectOf(kind: 'access' | 'token', id: number, { loaders }: Context): Promise<SubjectRow | undefined> {
  const [found] = await loaders.subject({ kind, id })
  return found
}

/** The user that a caller has. */
async function callerUserId(context: Context): Promise<string | null> {
  const { accessId, userId } = context.principal
  if (accessId === null) return userId
  return (await subjectOf('access', accessId, context))?.userId ?? userId
}

/** The accesses of the tokens with what they hold, in their order. */
function holdersOf(rows: readonly TokenRow[], context: Context): Promise<readonly SubjectRow[]> {
  return Promise.all(
    rows.map(async ({ id }) => must((await subjectOf('token', id, context)) ?? null, 'access of a token')),
  )
}

/** Whose it is does not matter to who reaches those of everybody, and takes no statement then. */
async function whose(
  holders: () => Promise<readonly Pick<AccessRow, 'userId'>[]>,
  context: Context,
): Promise<(index: number) => boolean> {
  if (reaches(context.principal.scopes, false)) return () => false
  const [own, found] = await Promise.all([callerUserId(context), holders()])
  return (index) => found[index]?.userId === own
}

const ofToken: FactsOf<TokenRow, TokenFacts> = {
  reads: [reading(tokens, 'revokedAt'), reading(accesses, 'userId')],
  async find(rows, context) {
    const isOwn = await whose(() => holdersOf(rows, context), context)
    return rows.map(({ revokedAt }, index) => ({ revokedAt, isOwn: isOwn(index) }))
  },
}

const ofStoppedToken: FactsOf<TokenRow, StoppedToken> = {
  reads: [
    reading(tokens, 'revokedAt', 'deactivated', 'idleSince', 'accessId', 'scope', 'allowedScopes'),
    reading(accesses, 'type', 'userId'),
  ],
  async find(rows, context) {
    const facts = await ofToken.find(rows, context)
    const again = await Promise.all(
      rows.map((row) => (row.deactivated || isUnused(row, context.tokenTime) ? issuedAgain(row, context) : null)),
    )
    return facts.map((each, index) => ({ ...each, again: again[index] ?? null }))
  },
}

const ofWorkingToken: FactsOf<TokenRow, WorkingToken> = {
  reads: [...ofStoppedToken.reads, reading(tokens, 'expiresAt')],
  async find(rows, context) {
    const [facts, successors, again] = await Promise.all([
      ofToken.find(rows, context),
      context.loaders.ones(successorOfToken, rows),
      Promise.all(rows.map((row) => issuedAgain(row, context))),
    ])
    return facts.map((each, index) => {
      const row = rows[index] as TokenRow
      return {
        ...each,
        deactivated: row.deactivated,
        isExpired: row.expiresAt <= context.now || isUnused(row, context.tokenTime),
        isRotated: (successors[index] ?? null) !== null,
        again: again[index] as IssuedAgain,
      }
    })
  },
}

/** What it takes to issue the token as it stands. */
async function issuedAgain(row: TokenRow, context: Context): Promise<IssuedAgain> {
  const { principal, loaders, now } = context
  const { scopes, accessId } = principal
  const [caller, [holder]] = await Promise.all([
    accessId === null ? undefined : subjectOf('access', accessId, context),
    holdersOf([row], context),
  ])
  const { type, lastDay, id } = must(holder ?? null, 'access of a token')
  const heldIn = (subject: SubjectRow | undefined) => stillHeld(subject?.assignments ?? [], now)
  const issuer = {
    held: caller?.organizationId === row.organizationId ? heldIn(caller) : [],
    userIsOver: isOver(caller?.lastDay ?? null, now),
    token: null,
  }
  const { scope, allowedScopes } = row
  const excess = tokenExcess(
    { scope, allowedScopes: allowedScopes as unknown as AllowedScopes },
    { scopes, subject: issuer },
    { held: heldIn(holder), isIssuers: id === accessId },
    await loaders.catalogue(),
  )
  return {
    holder: { isProfile: type === 'PROFILE', isExpired: isOver(lastDay, now) },
    exceeds: excess.length > 0,
  }
}

const ofHolder: FactsOf<AccessRow, TokenHolder & Owned> = {
  reads: [reading(accesses, 'type', 'userId'), reading(users, 'expiresAt')],
  async find(rows, context) {
    const [found, isOwn] = await Promise.all([
      context.loaders.ones(userOfAccess, rows),
      whose(async () => rows, context),
    ])
    return rows.map(({ type }, index) => {
      const { expiresAt } = must(found[index] ?? null, userOfAccess.name)
      return { isProfile: type === 'PROFILE', isExpired: isOver(expiresAt, context.now), isOwn: isOwn(index) }
    })
  },
}

type Builder<Row> = PothosSchemaTypes.RootFieldBuilder<typeof builder.$inferSchemaTypes, Row, FieldKind>

/** The two fields of an action. `name` is that of the action in theirs, `what` says it in words. */
function viewerCan<Row extends object, Facts>(
  t: Builder<Row>,
  name: string,
  what: string,
  action: Action<Facts>,
  { reads, find }: FactsOf<Row, Facts>,
) {
  const made = <Value>(make: (obstacles: readonly Obstacle[]) => Value) => {
    const resolveAll: ResolveAll<Row, Value> = async (rows, _, context) =>
      (await find(rows, context)).map((facts) => make(obstaclesTo(action, facts, context.principal)))
    return {
      reads,
      extensions: { resolveAll },
      resolve: async (row: object, _: object, context: Context, info: GraphQLResolveInfo): Promise<Value> =>
        must((await resolveAll([row as Row], _ as never, context, info))[0] ?? null, name),
    }
  }
  return {
    [`viewerCan${name}`]: t.boolean({
      description: `Whether the caller can ${what}.`,
      ...made((found) => found.length === 0),
    }),
    [`viewerCannot${name}Reasons`]: t.field({
      type: [ViewerCannotReason],
      weighs: { size: 1 },
      description: `Why the caller can not ${what}; empty exactly where it can.`,
      ...made((found) => [...found]),
    }),
  }
}

builder.prismaObjectFields(Token, (t) => ({
  ...viewerCan(t, 'Deactivate', 'switch the token off', tokenActions.deactivateToken, ofToken),
  ...viewerCan(t, 'Reactivate', 'switch the token on again', tokenActions.reactivateToken, ofStoppedToken),
  ...viewerCan(t, 'Rotate', 'put another token in its place', tokenActions.rotateToken, ofWorkingToken),
  ...viewerCan(t, 'Revoke', 'end the token for good', tokenActions.revokeToken, ofToken),
}))

builder.prismaInterfaceFields(Access, (t) =>
  viewerCan(t, 'IssueToken', 'issue a token for the access', tokenActions.issueToken, ofHolder),
)
