/**
 * What the caller can do with what it sees, and why not: `viewerCan…` and `viewerCannot…Reasons`, for screens that offer it
 * only where it would be done. The rules are those of the mutations. What they are decided on is found for all rows at once.
 */
import type { FieldKind } from '@pothos/core'
import { isOver } from '../auth/expiry.ts'
import type { TokenHolder } from '../auth/issuing.ts'
import { type Action, type Obstacle, obstacles, obstaclesTo, tokenActions } from '../auth/tokenActions.ts'
import type { Context } from '../context.ts'
import type { Access as AccessRow, Token as TokenRow } from '../db/generated/prisma/client.ts'
import { accesses, tokens, users } from '../db/tables.ts'
import { type Reading, reading } from '../links/columns.ts'
import { userOfAccess } from '../links/graph.ts'
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

const ofToken: FactsOf<TokenRow, TokenRow> = {
  reads: [reading(tokens, 'revokedAt')],
  find: (rows) => rows,
}

const ofHolder: FactsOf<AccessRow, TokenHolder> = {
  reads: [reading(accesses, 'type', 'userId'), reading(users, 'expiresAt')],
  async find(rows, { loaders, now }) {
    const found = await loaders.ones(userOfAccess, rows)
    return rows.map(({ type }, index) => {
      const { expiresAt } = must(found[index] ?? null, userOfAccess.name)
      return { isProfile: type === 'PROFILE', isExpired: isOver(expiresAt, now) }
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
      resolve: async (row: object, _: object, context: Context): Promise<Value> =>
        must((await resolveAll([row as Row], _ as never, context))[0] ?? null, name),
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
  ...viewerCan(t, 'Reactivate', 'switch the token on again', tokenActions.reactivateToken, ofToken),
}))

builder.prismaInterfaceFields(Access, (t) =>
  viewerCan(t, 'IssueToken', 'issue a token for the access', tokenActions.issueToken, ofHolder),
)
