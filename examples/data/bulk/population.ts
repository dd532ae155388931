/** The population of the bulk seed: who user i is, and what belongs to them, is a function of i and of one day. */
import { accessParts } from './accesses.ts'
import { assignableRoles } from './assignableRoles.ts'
import { bulkFirstnames, bulkLastnames } from './names.ts'
import { peopleParts } from './people.ts'
import { tokenParts } from './tokens.ts'

/**
 * One statement that inserts some users with all that belongs to them, and the organizations of their blocks where those
 * are missing. Gives one row with the numbers of `users` and of all `rows` inserted. Expects the session's zone to be UTC.
 */
export const insertPopulation = `
WITH ${peopleParts}, ${accessParts}, ${tokenParts}
SELECT users, users + (SELECT count(*) FROM inserted_organization) + (SELECT count(*) FROM inserted_provider)
  + (SELECT count(*) FROM inserted_access) + (SELECT count(*) FROM inserted_assignment)
  + (SELECT count(*) FROM inserted_token) AS rows
FROM (SELECT count(*) FROM inserted_user) AS counted (users)`

/**
 * The parameters of `insertPopulation` for the users `from` to `to` - 1, seen from `day`, a UTC midnight. Those of the
 * large organization come in statements of their own.
 */
export function populationParameters(from: number, to: number, day: Date): unknown[] {
  return [
    from,
    to,
    day.toISOString(),
    bulkFirstnames,
    bulkLastnames,
    assignableRoles.map(({ id }) => id),
    assignableRoles.map(({ limitable }) => limitable),
    assignableRoles.map(({ permission }) => permission),
  ]
}
