/**
 * What stands in the way of writing a row, as its statement tells it in one text: that somebody else has changed it, that it
 * says the same already, that something of it does not fit, or that a guard rail is there.
 */
import type { Issue } from '../auth/allowedScopes.ts'
import { authorOf } from '../auth/author.ts'
import type { GuardRail } from '../auth/guardRails.ts'
import { Prisma } from '../db/generated/prisma/client.ts'
import { Conflict, type Failure, GuardRailHit, InvalidInput } from '../failures.ts'

const words = { stale: 'stale ', same: 'same', unfit: 'unfit ', guarded: 'guarded ', fits: 'fits' } as const

/** The only standing of rows that are written. */
export const writtenStandings: readonly string[] = Object.freeze([words.fits])

/** The column of a job that says when the row was last changed, as its caller knows it; null: whenever. */
export const expectedColumn = Prisma.sql`"expectedAt" timestamptz`

export const expectedDescription =
  'When it was last changed, as the caller knows it (`updatedAt`). Where somebody has changed it since, it stays as it is, and ' +
  'the ConflictError says who and when. Left out: it is changed whatever has become of it.'

/** Conditions of SQL, of a job and of the row that it is about. */
interface Obstacles {
  /** When the row was last changed, and by whom; left out for a new row. */
  readonly last?: { readonly at: Prisma.Sql; readonly by: Prisma.Sql }
  /** Whether the row says something else than it is to; left out: it does. */
  readonly differs?: Prisma.Sql
  /** By the name of a field: that what it says does not fit. */
  readonly unfit?: Readonly<Record<string, Prisma.Sql>>
  readonly guards?: readonly (readonly [GuardRail, Prisma.Sql])[]
}

/** The guards that keep those who may assign roles, where this is what would be left of them: text of `assignersAfter`. */
export function assignerGuards(left: Prisma.Sql): readonly (readonly [GuardRail, Prisma.Sql])[] {
  return [
    ['LAST_ROLE_ASSIGNER', Prisma.sql`${left} = 'last'`],
    ['OWN_ROLE_ASSIGNER', Prisma.sql`${left} = 'own'`],
  ]
}

/** The text, in SQL. The first of them is told; of fields all. */
export function standingOf({ last, differs, unfit = {}, guards = [] }: Obstacles): Prisma.Sql {
  const names = Object.entries(unfit).map(
    ([field, isUnfit]) => Prisma.sql`CASE WHEN ${isUnfit} THEN ${quoted(field)} END`,
  )
  const unfitNames = Prisma.sql`concat_ws(' ', ${Prisma.join([Prisma.sql`NULL`, ...names])})`
  const cases = [
    ...(last === undefined
      ? []
      : [
          Prisma.sql`WHEN job."expectedAt" <> ${last.at}
            THEN ${quoted(words.stale)} || jsonb_build_object('at', ${last.at}, 'by', ${last.by})::text`,
        ]),
    ...(differs === undefined ? [] : [Prisma.sql`WHEN NOT ${differs} THEN ${quoted(words.same)}`]),
    Prisma.sql`WHEN ${unfitNames} <> '' THEN ${quoted(words.unfit)} || ${unfitNames}`,
    ...guards.map(([rule, isHit]) => Prisma.sql`WHEN ${isHit} THEN ${quoted(words.guarded + rule)}`),
  ]
  return Prisma.sql`CASE ${Prisma.join(cases, ' ')} ELSE ${quoted(words.fits)} END`
}

function quoted(word: string): Prisma.Sql {
  return Prisma.raw(`'${word}'`)
}

/**
 * Whether a row of this standing is to be written, or left as it is; or what makes the failure that is told. `what` is the
 * row in a word; `expected` says of each field that may not fit what was expected of it.
 */
export function decideOn(
  standing: string,
  what: string,
  expected: Readonly<Record<string, string>> = {},
): boolean | (() => Failure) {
  if (standing === words.fits) return true
  if (standing === words.same) return false
  if (standing.startsWith(words.stale)) return () => changedMeanwhile(what, JSON.parse(rest(standing, words.stale)))
  if (standing.startsWith(words.guarded)) {
    return () => new GuardRailHit(rest(standing, words.guarded) as GuardRail)
  }
  const fields = rest(standing, words.unfit).split(' ')
  return () =>
    new InvalidInput(fields.map((field): Issue => ({ path: [field], message: `expected ${expected[field]}` })))
}

function rest(standing: string, word: string): string {
  return standing.slice(word.length)
}

function changedMeanwhile(what: string, { at, by }: { readonly at: string; readonly by: unknown }): Conflict {
  const [changedAt, changedBy] = [new Date(at), authorOf(by)]
  const who = changedBy === null ? 'a service' : `${changedBy.firstname} ${changedBy.lastname}`
  return new Conflict(`the ${what} was changed by ${who} at ${changedAt.toISOString()}`, { changedAt, changedBy })
}
