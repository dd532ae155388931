/** How the secret of a new token is shown: as it is, or sealed to a key; once, or with each answer to the same request. */
import { mintSecret } from '../auth/apiToken.ts'
import { type SealingKey, seal } from '../auth/sealing.ts'
import { byteaText } from '../db/bytea.ts'

/** At most one of the two is there. */
export interface ShownSecret {
  /** Null where it is sealed, and where an idempotent request is replayed. */
  readonly secret: string | null
  readonly sealedSecret: string | null
}

/** A secret, with what is stored of it as columns of a job. */
export interface NewSecret {
  readonly shown: ShownSecret
  readonly stored: { readonly secretHash: string; readonly hint: string; readonly sealedSecret: string | null }
}

export async function newSecret(sealTo: SealingKey | null): Promise<NewSecret> {
  const { secret, hash, hint } = mintSecret()
  const sealedSecret = sealTo && (await seal(secret, sealTo))
  return {
    shown: { secret: sealTo === null ? secret : null, sealedSecret },
    stored: { secretHash: byteaText(hash), hint, sealedSecret },
  }
}

/** What is shown again. The plain secret never is: it is not kept. */
export function shownAgain({ sealedSecret }: { readonly sealedSecret?: unknown }): ShownSecret {
  return { secret: null, sealedSecret: typeof sealedSecret === 'string' ? sealedSecret : null }
}

/** The fields of a payload that shows a secret. */
export const shownFields = {
  secret: 'The secret: shown here, once. Null where it is sealed, and when an idempotent request is replayed.',
  sealedSecret:
    'The secret as a compact JWE (RFC 7516) for the key of `sealTo`; null without one. A replay of an idempotent request has ' +
    'the same again.',
} as const
