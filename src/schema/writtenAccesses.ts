/** How the database makes accesses and changes them: what is decided on, and what is written. */
import { typesWith } from '../auth/accessTypes.ts'
import { isVisibleTo } from '../auth/visibility.ts'
import { job, type Kind } from '../db/changeStatement.ts'
import { Prisma } from '../db/generated/prisma/client.ts'
import { accesses, users } from '../db/tables.ts'
import type { Columns } from '../links/columns.ts'
import { changeable, changesColumn } from './changeable.ts'
import { expectedColumn, standingOf } from './standing.ts'

const { name, id, column } = accesses

const created = changeable(accesses, ['type', 'name', 'ssoId', 'twoFaEnabled', 'language'])
const written = changeable(accesses, ['name', 'ssoId', 'twoFaEnabled', 'language'])

const remembered = Prisma.sql`jsonb_build_object('accessId', "changedId")`

/** New accesses of a user. */
export const createdAccesses: Kind = Object.freeze({
  merges: false,
  oncePerTarget: false,
  takesAway: false,
  columns: Prisma.sql`"holderUserId" uuid, ${changesColumn}`,
  joined: Prisma.sql`
    JOIN ${users.name} ON ${users.id} = job."holderUserId" AND ${isVisibleTo(job, users.column('organizationId'))}`,
  // As the foreign key of the access does: the user is there until the access is.
  lock: Prisma.sql`FOR KEY SHARE OF ${users.name}`,
  targetId: users.id,
  organization: users.column('organizationId'),
  standing: standingOf({}),
  held: Prisma.sql`NULL::text`,
  answered: null,
  changedId: Prisma.sql`nextval('accesses_id_seq')::integer`,
  write: Prisma.sql`
    INSERT INTO ${name} (id, organization_id, user_id, ${created.inserted.columns})
    SELECT "changedId", "targetOrganization", "targetId", ${created.inserted.values} FROM granted`,
  writeBeside: [],
  outcome: remembered,
})

/** What is expected of fields that an access of another type has. */
export const expectedOfAccesses = Object.freeze(
  Object.fromEntries(
    Object.entries(typesWith).map(([field, types]) => [field, `nothing of an access that is no ${types.join(' or ')}`]),
  ),
)

const unfit = Object.fromEntries(
  Object.entries(typesWith).map(([field, types]) => {
    const known = Prisma.raw(types.map((type) => `'${type}'`).join(', '))
    return [field, Prisma.sql`changes ? ${Prisma.raw(`'${field}'`)} AND ${column('type')} NOT IN (${known})`]
  }),
)

function updated(columns: Columns): Kind {
  return Object.freeze({
    merges: false,
    oncePerTarget: true,
    takesAway: false,
    columns: Prisma.sql`"writtenAccessId" integer, ${expectedColumn}, ${changesColumn}`,
    joined: Prisma.sql`
      JOIN ${name} ON ${id} = job."writtenAccessId" AND ${isVisibleTo(job, column('organizationId'))}`,
    lock: Prisma.sql`FOR UPDATE OF ${name}`,
    targetId: id,
    organization: column('organizationId'),
    standing: standingOf({
      last: { at: column('updatedAt'), by: column('updatedBy') },
      differs: written.differs,
      unfit,
    }),
    held: Prisma.sql`NULL::text`,
    answered: { table: name, columns: columns(accesses) },
    changedId: Prisma.sql`"targetId"`,
    told: written.told,
    write: Prisma.sql`
      UPDATE ${name} SET ${written.set} FROM granted WHERE ${id} = "changedId" RETURNING place, ${name} AS changed`,
    writeBeside: [],
    outcome: remembered,
  })
}

const known = new WeakMap<Columns, Kind>()

/** Changes of accesses that are there, which answer these columns: the same for all requests of a document. */
export function updatedAccesses(columns: Columns): Kind {
  const kind = known.get(columns) ?? updated(columns)
  known.set(columns, kind)
  return kind
}
