/** User → accesses: the rows, their number, and the last login among them. */
import { type Access, type AccessType, Prisma } from '../db/generated/prisma/client.ts'
import { accesses } from '../db/tables.ts'
import { hasType } from '../search/accessSearch.ts'
import { byArguments, type Keyed, type LoaderContext, rowsByKey, valueByKey, visibleRows } from './batch.ts'

/** The types to keep; null keeps all. */
type Types = readonly AccessType[] | null

/** The accesses of each user, by id. */
export function accessesByUser(context: LoaderContext) {
  return byArguments((types: Types) =>
    rowsByKey<string, Access>(
      (userIds) => context.prisma.$queryRaw<Keyed<string, Access>[]>`
        SELECT ${accesses.columns}, ${accesses.column('userId')} AS "batchKey" FROM accesses
        WHERE ${ofUsers(userIds)} AND ${visibleRows(context, accesses)} AND ${keep(types)}
        ORDER BY ${accesses.id}`,
    ),
  )
}

/** How many accesses each user has. */
export function accessCountByUser(context: LoaderContext) {
  return byArguments((types: Types) =>
    valueByKey<string, number>(
      (userIds) => context.prisma.$queryRaw<{ batchKey: string; value: number }[]>`
        SELECT ${accesses.column('userId')} AS "batchKey", count(*)::integer AS value FROM accesses
        WHERE ${ofUsers(userIds)} AND ${visibleRows(context, accesses)} AND ${keep(types)}
        GROUP BY ${accesses.column('userId')}`,
      0,
    ),
  )
}

/** The latest login over all of each user's accesses; null where there was none. */
export function lastLoginByUser(context: LoaderContext) {
  return valueByKey<string, Date | null>(
    (userIds) => context.prisma.$queryRaw<{ batchKey: string; value: Date | null }[]>`
      SELECT ${accesses.column('userId')} AS "batchKey", max(${accesses.column('lastLoginAt')}) AS value FROM accesses
      WHERE ${ofUsers(userIds)} AND ${visibleRows(context, accesses)}
      GROUP BY ${accesses.column('userId')}`,
    null,
  )
}

function ofUsers(userIds: string[]): Prisma.Sql {
  return Prisma.sql`${accesses.column('userId')} = ANY(${userIds}::uuid[])`
}

function keep(types: Types): Prisma.Sql {
  return types === null ? Prisma.sql`TRUE` : hasType(types)
}
