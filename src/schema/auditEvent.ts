/** The audit trail: what happened, who did it and with which token, newest first. */
import type { AuditEvent as AuditEventRow } from '../db/generated/prisma/client.ts'
import { auditEvents } from '../db/tables.ts'
import { badInput } from '../errors.ts'
import { reading } from '../links/columns.ts'
import { tokenOfAuditEvent } from '../links/graph.ts'
import { byId } from '../page/order.ts'
import { auditEventsMatching } from '../search/auditSearch.ts'
import { builder } from './builder.ts'
import { connectionArguments, connectionType } from './connection.ts'
import { DateTimeRange } from './dateTimeRange.ts'
import { findConnection } from './find.ts'
import { connectionWeight } from './listWeights.ts'
import { authorField } from './shared.ts'
import { Token } from './token.ts'

const AuditEvent = builder.prismaObject('AuditEvent', {
  scopes: ['audit:read'],
  fields: (t) => ({
    id: t.id({
      description: 'Identifier, in decimal digits: what happened later has a larger one.',
      reads: [reading(auditEvents, 'id')],
      resolve: ({ id }) => String(id),
    }),
    at: t.expose('at', { type: 'DateTime', description: 'When it happened.' }),
    action: t.exposeString('action', { description: 'What was done, such as `token.issue`.' }),
    outcome: t.string({
      description: 'How it ended: `success`, `refused` or `failed`.',
      reads: [reading(auditEvents, 'outcome')],
      resolve: ({ outcome }) => outcome.toLowerCase(),
    }),
    reason: t.exposeString('reason', {
      nullable: true,
      description:
        'Why it was refused or has failed: the code of the error, or the status of the token. Null: it succeeded.',
    }),
    detail: t.expose('detail', {
      type: 'JSON',
      nullable: true,
      description: 'What tells more than the reason, such as what was too much. Null where nothing does.',
    }),
    count: t.exposeInt('count', {
      description:
        'How often it happened. Refusals of the same kind leave an event at once, and one more for all others of the minute.',
    }),
    subject: t.exposeString('subject', { description: 'The subject of the credential that it was done with.' }),
    actor: authorField(t, auditEvents, 'actor', 'Who did it.', 'Null where the caller had no user.'),
    token: t.one(tokenOfAuditEvent, {
      type: Token,
      nullable: true,
      description: 'The API token that the caller came with. Null without one, and where it is gone.',
    }),
    targetType: t.exposeString('targetType', { description: 'What it was done to: the name of a type.' }),
    targetId: t.exposeID('targetId', { description: 'The id of that.' }),
    before: t.expose('before', {
      type: 'JSON',
      nullable: true,
      description: 'What was before. Null where nothing was.',
    }),
    after: t.expose('after', { type: 'JSON', nullable: true, description: 'What is after it. Null where nothing is.' }),
    requestId: t.exposeString('requestId', { description: 'The request that did it, as the log has it.' }),
  }),
})

const AuditEventSearch = builder.inputType('AuditEventSearch', {
  description: 'Which events to find. All the conditions that are given must hold.',
  fields: (t) => ({
    actorId: t.id({ weighs: { perRow: 1 }, description: 'The id of the user who did it.' }),
    targetType: t.string({ weighs: { perRow: 1 }, description: 'What it was done to, such as `Token`.' }),
    targetId: t.id({ weighs: { perRow: 1 }, description: 'The id of what it was done to.' }),
    actions: t.stringList({ weighs: { perRow: 1 }, description: 'One of these actions.' }),
    outcomes: t.stringList({ weighs: { perRow: 1 }, description: 'One of `success`, `refused` and `failed`.' }),
    at: t.field({ type: DateTimeRange, weighs: { perRow: 1 }, description: 'When it happened.' }),
  }),
})

export const auditEventSearchArgument = {
  type: AuditEventSearch,
  description: 'Which events to find. Left out: all of them.',
} as const

export const AuditEventConnection = connectionType<AuditEventRow>(AuditEvent, {
  item: 'AuditEvent',
  items: 'audit events',
  scopes: ['audit:read'],
})

/** Events that an organization typically has. */
const typicalEvents = 100_000

export const newestFirst = Object.freeze({ ...byId, direction: 'DESC' as const })
const largestId = 2n ** 63n - 1n

/** The id of an event, as a client wrote it. Throws BAD_USER_INPUT. */
export function eventIdOf(argument: string, text: string): bigint {
  const id = /^[1-9]\d{0,18}$/.test(text) ? BigInt(text) : 0n
  if (id === 0n || id > largestId) throw badInput(argument, 'an id in decimal digits', text)
  return id
}

builder.queryField('auditEvents', (t) =>
  t.field({
    type: AuditEventConnection,
    scopes: ['audit:read'],
    weighs: connectionWeight(typicalEvents),
    description: 'What happened, newest first, by cursor.',
    args: {
      search: t.arg(auditEventSearchArgument),
      ...connectionArguments,
    },
    resolve: (_, given, context) => {
      const matching = auditEventsMatching(given.search, context.rules)
      const kind = { name: 'AuditEvent', idOf: eventIdOf }
      return findConnection(context, auditEvents, { page: matching, total: matching }, kind, newestFirst, given)
    },
  }),
)
