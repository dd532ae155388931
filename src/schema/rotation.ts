/** How far a rotation has come: whether everybody who used the old token uses the new one. */
import type { Token as TokenRow } from '../db/generated/prisma/client.ts'
import { tokens } from '../db/tables.ts'
import { reading } from '../links/columns.ts'
import { predecessorOfToken, successorOfToken } from '../links/graph.ts'
import { builder } from './builder.ts'
import type { ResolveAll } from './resolveAll.ts'
import { Token } from './token.ts'

interface Rotation {
  readonly previous: TokenRow
  readonly next: TokenRow
}

const RotationState = builder.enumType('RotationState', {
  description: 'How far a rotation has come. Times of use are known to the minute.',
  values: {
    WAITING: { description: 'Both work, and the new one has not been used yet.' },
    MOVING: { description: 'Both work, and the old one has been used since the new one was.' },
    MOVED: { description: 'Both work, and the old one has not been used since the new one was.' },
    OVER: { description: 'The old one works no more.' },
  } as const,
})

const TokenRotation = builder.objectRef<Rotation>('TokenRotation').implement({
  description: 'A token and the one that takes its place.',
  scopes: ['tokens:read'],
  fields: (t) => ({
    state: t.field({
      type: RotationState,
      description: 'How far it has come.',
      resolve: (rotation, _, { now }) => stateOf(rotation, now),
    }),
    oldLastUsedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'The last time that the old one was used. Null: never.',
      resolve: ({ previous }) => previous.lastUsedAt,
    }),
    newFirstUsedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'The first time that the new one was used. Null: never.',
      resolve: ({ next }) => next.firstUsedAt,
    }),
  }),
})

function stateOf({ previous, next }: Rotation, now: Date) {
  if (previous.revokedAt !== null || previous.deactivated || previous.expiresAt <= now) return 'OVER'
  if (next.firstUsedAt === null) return 'WAITING'
  return previous.lastUsedAt !== null && previous.lastUsedAt > next.firstUsedAt ? 'MOVING' : 'MOVED'
}

const rotationsOf: ResolveAll<TokenRow, Rotation | null> = async (rows, _, { loaders }) => {
  const [successors, predecessors] = await Promise.all([
    loaders.ones(successorOfToken, rows),
    loaders.ones(predecessorOfToken, rows),
  ])
  return rows.map((row, index) => {
    const [next, previous] = [successors[index] ?? null, predecessors[index] ?? null]
    if (next !== null) return { previous: row, next }
    return previous === null ? null : { previous, next: row }
  })
}

builder.prismaObjectField(Token, 'rotation', (t) =>
  t.field({
    type: TokenRotation,
    nullable: true,
    description:
      'The rotation in which its place is taken, or else in which it took that of another one. Null without one.',
    reads: [reading(tokens, 'rotatedFromId', 'firstUsedAt', 'lastUsedAt', 'expiresAt', 'revokedAt', 'deactivated')],
    extensions: { resolveAll: rotationsOf },
    resolve: async (token, args, context, info) =>
      (await rotationsOf([token], args as never, context, info))[0] ?? null,
  }),
)
