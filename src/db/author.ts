/** Who does something, as the database records it: of a `job`, a row with the columns of a caller and of what it sees. */
import { isVisibleTo } from '../auth/visibility.ts'
import { Prisma } from './generated/prisma/client.ts'

const job = Prisma.sql`job`

/**
 * The caller as the `*_by` columns record it. Not as its claims say: an access that it may not see, or that is gone, has done
 * nothing. Its user is that of its access, or the one that its subject names. It is named to organizations that it sees only.
 */
export const authorIn = (organization: Prisma.Sql) => Prisma.sql`
  CASE WHEN caller_user.id IS NOT NULL AND ${isVisibleTo(job, organization)} THEN jsonb_build_object('accessId', caller_access.id, 'userId', caller_user.id,
    'firstname', caller_user.firstname, 'lastname', caller_user.lastname) END`

/** Joins to `job` the access and the user of its caller: "callerAccess" and "callerUser" where they are visible to it. */
export const caller = Prisma.sql`
  LEFT JOIN accesses AS caller_access ON caller_access.id = job."callerAccess"
    AND ${isVisibleTo(job, Prisma.sql`caller_access.organization_id`)}
  LEFT JOIN users AS caller_user ON caller_user.id = coalesce(caller_access.user_id, job."callerUser")
    AND ${isVisibleTo(job, Prisma.sql`caller_user.organization_id`)}`
