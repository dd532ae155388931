/** What is written of a user, as inputs give it. */
import { dayOf } from '../auth/expiry.ts'
import type { Language as LanguageValue } from '../db/generated/prisma/client.ts'
import type { InputCheck } from '../failures.ts'
import { uuidOf } from '../ids.ts'
import { identifierRule, mailRule, nameRule } from '../writtenTexts.ts'
import { clearable, readTexts, requireGiven } from './writtenFields.ts'

/** Descriptions of the fields, for both inputs. */
export const userFields = {
  firstname: 'Given name, of 1 to 500 characters.',
  lastname: 'Family name, of 1 to 500 characters.',
  email: 'Mail address, unique within the organization whatever its case.',
  acct: 'The identifier that the user logs in to the identity provider with.',
  idpId: 'The identity provider, a UUID, of the same organization. Null: a local user.',
  expiresAt: 'The last day, in UTC, on which the user works. Null: no end.',
  phone: 'Telephone number.',
  language: 'The language the user is addressed in.',
} as const

type Given<T> = T | null | undefined

interface UserInput {
  readonly firstname?: Given<string>
  readonly lastname?: Given<string>
  readonly email?: Given<string>
  readonly acct?: Given<string>
  readonly idpId?: Given<string>
  readonly expiresAt?: Given<Date>
  readonly phone?: Given<string>
  readonly language?: Given<LanguageValue>
}

/** What is written, by the names of members; a member that is left out stays as it is. */
export interface UserChanges {
  readonly firstname?: string
  readonly lastname?: string
  readonly email?: string
  readonly acct?: string | null
  readonly idpId?: string | null
  /** `yyyy-mm-dd`. */
  readonly expiresAt?: string | null
  readonly phone?: string | null
  readonly language?: LanguageValue
}

const texts = {
  firstname: nameRule,
  lastname: nameRule,
  email: mailRule,
  acct: clearable(identifierRule),
  phone: clearable(identifierRule),
}

/** Reads the fields. What is wrong with them is told to the check. */
export function readUser(input: UserInput, check: InputCheck): UserChanges {
  const { idpId, expiresAt, language } = input
  requireGiven({ language }, { language: 'a language' }, check)
  return {
    ...(readTexts(input, texts, check) as UserChanges),
    ...(idpId === undefined
      ? {}
      : { idpId: idpId === null ? null : (check.read(['idpId'], () => uuidOf('idpId', idpId)) ?? null) }),
    ...(expiresAt === undefined ? {} : { expiresAt: expiresAt && dayOf(expiresAt) }),
    ...(language ? { language } : {}),
  }
}
