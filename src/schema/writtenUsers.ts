/** How the database makes users and changes them: what is decided on, and what is written. */
import { isOverOn } from '../auth/expiry.ts'
import { isVisibleTo } from '../auth/visibility.ts'
import { job, type Kind } from '../db/changeStatement.ts'
import { Prisma } from '../db/generated/prisma/client.ts'
import { identityProviders, organizations, users } from '../db/tables.ts'
import type { Columns } from '../links/columns.ts'
import { changeable, changesColumn } from './changeable.ts'
import { assignersAfter, assignersColumns } from './roleAssigners.ts'
import { assignerGuards, expectedColumn, standingOf } from './standing.ts'

const { name, id, column } = users

const written = changeable(users, ['firstname', 'lastname', 'email', 'acct', 'idpId', 'expiresAt', 'phone', 'language'])

/** What is expected of fields that the database has a say in. */
export const expectedOfUsers = {
  email: 'a mail address that no other user of the organization has, whatever its case',
  idpId: 'an identity provider of the organization',
} as const

/** Those that do not fit, for a user of this organization. */
function unfit(organization: Prisma.Sql, isOther: Prisma.Sql) {
  return {
    email: Prisma.sql`EXISTS (
      SELECT FROM users AS other WHERE other.organization_id = ${organization} AND ${isOther}
      AND lower(other.email) = lower((changes ->> 'email') COLLATE "und-x-icu"))`,
    idpId: Prisma.sql`changes ->> 'idpId' IS NOT NULL AND NOT EXISTS (
      SELECT FROM ${identityProviders.name} WHERE ${identityProviders.column('organizationId')} = ${organization}
      AND ${identityProviders.id} = (changes ->> 'idpId')::uuid)`,
  }
}

const remembered = Prisma.sql`jsonb_build_object('userId', "changedId")`

/** New users of an organization: that of the customer number, or the caller's own. */
export const createdUsers: Kind = Object.freeze({
  merges: false,
  oncePerTarget: false,
  takesAway: false,
  columns: Prisma.sql`"customerId" integer, "ownOrganization" uuid, ${changesColumn}`,
  joined: Prisma.sql`
    JOIN ${organizations.name} ON ${isVisibleTo(job, organizations.id)} AND (
      ${organizations.column('customerId')} = job."customerId"
      OR job."customerId" IS NULL AND ${organizations.id} = job."ownOrganization")`,
  lock: Prisma.sql`FOR KEY SHARE OF ${organizations.name}`,
  targetId: organizations.id,
  organization: organizations.id,
  standing: standingOf({ unfit: unfit(organizations.id, Prisma.sql`TRUE`) }),
  held: Prisma.sql`NULL::text`,
  answered: null,
  changedId: Prisma.sql`gen_random_uuid()`,
  write: Prisma.sql`
    INSERT INTO ${name} (id, organization_id, ${written.inserted.columns})
    SELECT "changedId", "targetOrganization", ${written.inserted.values} FROM granted`,
  writeBeside: [],
  outcome: remembered,
})

const newEnd = Prisma.sql`(changes ->> 'expiresAt')::date`
const isOverNow = isOverOn(newEnd, Prisma.sql`job.today`)

/** What is left of those who may assign roles once the user has that end: from the day after it on. */
const assignersLeft = Prisma.sql`CASE WHEN changes ? 'expiresAt' THEN ${assignersAfter(
  column('organizationId'),
  { user: id },
  Prisma.sql`coalesce(((${newEnd} + 1)::timestamp AT TIME ZONE 'UTC'), 'infinity')`,
)} END`

function updated(columns: Columns): Kind {
  return Object.freeze({
    merges: false,
    oncePerTarget: true,
    takesAway: true,
    columns: Prisma.sql`"writtenUserId" uuid, today date, ${assignersColumns}, ${expectedColumn}, ${changesColumn}`,
    joined: Prisma.sql`
      JOIN ${name} ON ${id} = job."writtenUserId" AND ${isVisibleTo(job, column('organizationId'))}`,
    lock: Prisma.sql`FOR UPDATE OF ${name}`,
    targetId: id,
    organization: column('organizationId'),
    standing: standingOf({
      last: { at: column('updatedAt'), by: column('updatedBy') },
      differs: written.differs,
      unfit: unfit(column('organizationId'), Prisma.sql`other.id <> ${id}`),
      guards: [['OWN_USER', Prisma.sql`${isOverNow} AND caller_user.id = ${id}`], ...assignerGuards(assignersLeft)],
    }),
    held: Prisma.sql`NULL::text`,
    answered: { table: name, columns: columns(users) },
    changedId: Prisma.sql`"targetId"`,
    told: written.told,
    write: Prisma.sql`
      UPDATE ${name} SET ${written.set} FROM granted WHERE ${id} = "changedId" RETURNING place, ${name} AS changed`,
    writeBeside: [],
    outcome: remembered,
  })
}

const known = new WeakMap<Columns, Kind>()

/** Changes of users that are there, which answer these columns: the same for all requests of a document. */
export function updatedUsers(columns: Columns): Kind {
  const kind = known.get(columns) ?? updated(columns)
  known.set(columns, kind)
  return kind
}
