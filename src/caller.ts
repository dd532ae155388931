/** What the database knows of the caller. */
import type { Principal } from './auth/principal.ts'
import type { User } from './db/generated/prisma/client.ts'
import { accesses, users } from './db/tables.ts'
import { reading } from './links/columns.ts'
import type { Loaders } from './links/loaders.ts'

export interface Caller {
  /** The caller's user: that of its access, or the one that its subject names. Null where there is none that it may see. */
  user(): Promise<User | null>
}

/** What fields read that ask for the caller's user. */
export const userReads = [reading(accesses, 'userId')]

/** The caller, as the loaders of its request find it. */
export function createCaller({ accessId, userId }: Principal, loaders: Loaders): Caller {
  return {
    async user() {
      const access = accessId === null ? null : await loaders.row(accesses, accessId)
      const known = access?.userId ?? userId
      return known === null ? null : loaders.row(users, known)
    },
  }
}
