/** How conditions of statements are put together. */
import { Prisma } from './generated/prisma/client.ts'

/** The condition that every row meets. */
export const anything: Prisma.Sql = Prisma.sql`TRUE`

/** Whether it is the condition that every row meets. */
export function isAnything(condition: Prisma.Sql): boolean {
  return condition.text === anything.text
}

/** All of the conditions; `anything` where there are none. Undefined ones are left out. */
export function all(conditions: readonly (Prisma.Sql | undefined)[]): Prisma.Sql {
  const given = conditions.filter((condition) => condition !== undefined && !isAnything(condition))
  return given.length === 0 ? anything : Prisma.join(given, ' AND ')
}
