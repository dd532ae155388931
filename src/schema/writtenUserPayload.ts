/** What writing a user gives: the user as it is after it. */
import type { Context } from '../context.ts'
import type { Prisma, User as UserRow } from '../db/generated/prisma/client.ts'
import { users } from '../db/tables.ts'
import { NotFound } from '../failures.ts'
import { builder } from './builder.ts'
import { User } from './user.ts'

interface WrittenUser {
  readonly user: UserRow
}

/** A payload that is the user and nothing else. */
export function writtenUserPayload(name: string, description: string) {
  return builder.objectRef<WrittenUser>(name).implement({
    description,
    fields: (t) => ({
      user: t.field({ type: User, description: 'The user as it is now.', resolve: ({ user }) => user }),
    }),
  })
}

/** The user that an earlier request wrote, as it is now. Throws NotFound where it has been removed since. */
export function userOfRequest({ loaders }: Context) {
  return async ({ userId }: Prisma.JsonObject): Promise<UserRow> => {
    const user = await loaders.row(users, userId as string)
    if (user === null) throw new NotFound('the user of the earlier request is gone')
    return user
  }
}
