/** What is written of an access, as inputs give it. */
import type { AccessType, Language as LanguageValue } from '../db/generated/prisma/client.ts'
import type { InputCheck } from '../failures.ts'
import { identifierRule, nameRule } from '../writtenTexts.ts'
import { readTexts, requireGiven } from './writtenFields.ts'

/** Descriptions of the fields, for all inputs. */
export const accessFields = {
  name: 'Name that tells the access apart, of 1 to 500 characters.',
  ssoId: 'The identifier at the identity provider, of 1 to 500 characters.',
  twoFaEnabled: 'Whether a second factor is asked for.',
  language: "The language of the API's answers.",
} as const

type Given<T> = T | null | undefined

export interface AccessInput {
  readonly name?: Given<string>
  readonly ssoId?: Given<string>
  readonly twoFaEnabled?: Given<boolean>
  readonly language?: Given<LanguageValue>
}

/** What is written, by the names of members; a member that is left out stays as it is. */
export interface AccessChanges {
  readonly name?: string
  readonly ssoId?: string
  readonly twoFaEnabled?: boolean
  readonly language?: LanguageValue
}

/** A new access. */
export interface NewAccess extends AccessChanges {
  readonly type: AccessType
}

const texts = { name: nameRule, ssoId: identifierRule }

/** Reads the fields. What is wrong with them is told to the check, at places below `path`. */
export function readAccess(input: AccessInput, check: InputCheck, path: readonly string[] = []): AccessChanges {
  const { twoFaEnabled, language } = input
  requireGiven({ twoFaEnabled, language }, { twoFaEnabled: 'true or false', language: 'a language' }, check)
  return {
    ...(readTexts(input, texts, check, path) as AccessChanges),
    ...(typeof twoFaEnabled === 'boolean' ? { twoFaEnabled } : {}),
    ...(language ? { language } : {}),
  }
}
