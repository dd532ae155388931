/** Which columns an access has, by its type; a CHECK of the database says the same. */
import type { AccessType } from '../db/generated/prisma/client.ts'

/** The types that have each column. Those that are not listed all types have. */
export const typesWith = {
  name: ['API_CONNECTION', 'PROFILE'],
  ssoId: ['SSO_CONNECTION'],
  twoFaEnabled: ['UI_CONNECTION'],
  language: ['API_CONNECTION'],
} as const satisfies Readonly<Record<string, readonly AccessType[]>>
