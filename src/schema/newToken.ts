/** The row of a token that has just been written: the id is all that the database adds. */
import type { ChangedRow } from '../db/change.ts'
import type { Prisma, Token as TokenRow } from '../db/generated/prisma/client.ts'
import { must } from './must.ts'
import type { TokenRequest } from './tokenRequest.ts'

export function newToken(
  { name, scope, allowedScopes, expiresAt, accessId, onlyOperations }: TokenRequest,
  { changedId, targetOrganization, author }: ChangedRow<number>,
  { hint, now, rotatedFromId }: { readonly hint: string; readonly now: Date; readonly rotatedFromId: number | null },
): TokenRow {
  const row: Omit<TokenRow, 'secretHash'> = {
    id: must(changedId, 'id of a new token'),
    organizationId: targetOrganization,
    accessId,
    accessRemoved: false,
    liveAccessId: accessId,
    removedAccessId: null,
    name,
    hint,
    scope: [...scope],
    allowedScopes: allowedScopes as unknown as Prisma.JsonObject,
    createdAt: now,
    createdBy: author,
    updatedAt: now,
    updatedBy: author,
    expiresAt,
    firstUsedAt: null,
    lastUsedAt: null,
    deactivated: false,
    deactivatedUpdatedBy: null,
    deactivatedUpdatedOn: null,
    revokedAt: null,
    rotatedFromId,
    onlyOperations: [...onlyOperations],
    idleSince: now,
  }
  // No field shows the hash.
  return row as TokenRow
}
