/** What happened to a token, and around a user: their parts of the audit trail. */
import type { Context } from '../context.ts'
import type { AuditEvent as AuditEventRow } from '../db/generated/prisma/client.ts'
import { auditEvents, tokens, users } from '../db/tables.ts'
import { reading } from '../links/columns.ts'
import type { About } from '../links/events.ts'
import { everything } from '../links/loaders.ts'
import { type KeysetArguments, keysetOf, pageOfRows } from '../page/keyset.ts'
import { type AuditEventSearch, auditEventsMatching } from '../search/auditSearch.ts'
import { AuditEventConnection, auditEventSearchArgument, eventIdOf, newestFirst } from './auditEvent.ts'
import { builder } from './builder.ts'
import { type Connection, connectionArguments } from './connection.ts'
import { connectionWeight } from './listWeights.ts'
import { Token } from './token.ts'
import { User } from './user.ts'

interface Given extends KeysetArguments {
  readonly search?: AuditEventSearch | null | undefined
}

function eventsConnection(
  about: About,
  id: string | number,
  given: Given,
  { loaders, policy, rules }: Context,
): Connection<AuditEventRow> {
  const keyset = keysetOf({ name: auditEvents.model, idOf: eventIdOf }, newestFirst, given, policy.mostRows)
  const { search = null } = given
  const narrowed = search ? { name: JSON.stringify(search), where: auditEventsMatching(search, rules) } : everything
  const { after, before, size, fromEnd } = keyset
  const idOf = (place: typeof after) => place && eventIdOf('cursor', place.id)
  // One row more than asked for tells whether there is a further page.
  const range = { after: idOf(after), before: idOf(before), fromEnd, limit: size + 1 }
  // Few things have so many events that an estimate would be worth more than the count.
  const total = () => loaders.eventCount(about, id, narrowed)
  return {
    page: async () => pageOfRows(await loaders.events(about, id, narrowed, range), keyset),
    total,
    totalEstimate: total,
  }
}

const eventArguments = {
  ...builder.args((t) => ({ search: t.field(auditEventSearchArgument) })),
  ...connectionArguments,
}

builder.prismaObjectField(Token, 'events', (t) =>
  t.field({
    type: AuditEventConnection,
    scopes: ['audit:read'],
    weighs: connectionWeight(10),
    description: 'What happened to it, newest first, by cursor.',
    args: eventArguments,
    reads: [reading(tokens, 'id')],
    resolve: ({ id }, given, context) => eventsConnection('Token', id, given, context),
  }),
)

builder.prismaObjectField(User, 'events', (t) =>
  t.field({
    type: AuditEventConnection,
    scopes: ['audit:read'],
    weighs: connectionWeight(100),
    description:
      'What happened to the user, its accesses, and their tokens, newest first, by cursor. What the user did elsewhere is ' +
      'found by `auditEvents` and its `actorId`.',
    args: eventArguments,
    reads: [reading(users, 'id')],
    resolve: ({ id }, given, context) => eventsConnection('User', id, given, context),
  }),
)
