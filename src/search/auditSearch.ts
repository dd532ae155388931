/** Which events of the audit trail a search finds. */
import { all, anything } from '../db/conditions.ts'
import { Prisma } from '../db/generated/prisma/client.ts'
import { auditEvents } from '../db/tables.ts'
import { badInput } from '../errors.ts'
import { uuidOf } from '../ids.ts'
import { given, inRange, isOneOf, searchText, type TimeRange } from './condition.ts'
import type { SearchRules } from './rules.ts'

export interface AuditEventSearch {
  readonly actorId?: string | null | undefined
  readonly targetType?: string | null | undefined
  readonly targetId?: string | null | undefined
  readonly actions?: readonly string[] | null | undefined
  readonly outcomes?: readonly string[] | null | undefined
  readonly at?: TimeRange | null | undefined
}

/** The condition on a row of `audit_events`. Throws BAD_USER_INPUT where the search has a value that is not allowed. */
export function auditEventsMatching(
  search: AuditEventSearch | null | undefined,
  { mostRows }: SearchRules,
): Prisma.Sql {
  if (!search) return anything
  const { column } = auditEvents
  const textsOf = (argument: string, texts: readonly string[]) => {
    if (texts.length > mostRows) throw badInput(argument, `at most ${mostRows} values`, texts.length)
    return texts.map((text) => searchText(argument, text))
  }
  return all([
    given(search.actorId, (id) => Prisma.sql`${column('actor')} ->> 'userId' = ${uuidOf('search.actorId', id)}`),
    given(search.targetType, (type) => Prisma.sql`${column('targetType')} = ${searchText('search.targetType', type)}`),
    given(search.targetId, (id) => Prisma.sql`${column('targetId')} = ${searchText('search.targetId', id)}`),
    given(search.actions, (names) => isOneOf(column('action'), textsOf('search.actions', names), 'text')),
    given(search.outcomes, (names) =>
      isOneOf(
        column('outcome'),
        textsOf('search.outcomes', names).map((name) => name.toUpperCase()),
        'text',
      ),
    ),
    given(search.at, (range) => inRange('search.at', range, column('at'))),
  ])
}
