/** How the database records that a token has been exchanged: nothing is changed, but where the token works still there is an event. */
import { isVisibleTo } from '../auth/visibility.ts'
import { job, type Kind } from '../db/changeStatement.ts'
import { Prisma } from '../db/generated/prisma/client.ts'
import { tokens } from '../db/tables.ts'

const { name, id, column } = tokens

/** What the token is like: it works. */
export const exchangeable = 'active'
const stopped = 'stopped'

export const standings = [exchangeable, stopped]

/** The lock is one that stopping the token waits for: what was acknowledged before is seen. */
export const exchangedTokens: Kind = Object.freeze({
  merges: true,
  oncePerTarget: false,
  takesAway: false,
  columns: Prisma.sql`"exchangedTokenId" integer`,
  joined: Prisma.sql`JOIN ${name} ON ${id} = job."exchangedTokenId" AND ${isVisibleTo(job, column('organizationId'))}`,
  lock: Prisma.sql`FOR SHARE OF ${name}`,
  targetId: id,
  organization: column('organizationId'),
  standing: Prisma.sql`
    CASE WHEN ${column('revokedAt')} IS NOT NULL OR ${column('deactivated')} OR ${column('expiresAt')} <= at
      THEN ${Prisma.raw(`'${stopped}'`)} ELSE ${Prisma.raw(`'${exchangeable}'`)} END`,
  held: Prisma.sql`NULL::text`,
  answered: null,
  changedId: Prisma.sql`"targetId"`,
  write: Prisma.sql`SELECT "changedId" FROM granted`,
  writeBeside: [],
  outcome: Prisma.sql`'{}'::jsonb`,
})
