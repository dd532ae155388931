/** What writing an access gives: the access as it is after it. */
import type { Context } from '../context.ts'
import type { Access as AccessRow, Prisma } from '../db/generated/prisma/client.ts'
import { accesses } from '../db/tables.ts'
import { NotFound } from '../failures.ts'
import { Access } from './access.ts'
import { builder } from './builder.ts'

interface WrittenAccess {
  readonly access: AccessRow
}

/** A payload that is the access and nothing else. */
export function writtenAccessPayload(name: string, description: string) {
  return builder.objectRef<WrittenAccess>(name).implement({
    description,
    fields: (t) => ({
      access: t.field({ type: Access, description: 'The access as it is now.', resolve: ({ access }) => access }),
    }),
  })
}

/** The access that an earlier request wrote, as it is now. Throws NotFound where it has been removed since. */
export function accessOfRequest({ loaders }: Context) {
  return async ({ accessId }: Prisma.JsonObject): Promise<AccessRow> => {
    const access = await loaders.row(accesses, accessId as number)
    if (access === null) throw new NotFound('the access of the earlier request is gone')
    return access
  }
}
