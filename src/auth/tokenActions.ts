/** What may be done with tokens, and what stands in the way of a caller: the rules of the mutations, to be asked beforehand. */
import { brokenByHolder, type TokenHolder } from './issuing.ts'
import type { Principal } from './principal.ts'
import type { Scope } from './scopes.ts'
import type { TokenState } from './token.ts'

/** Everything that can stand in the way of an action. */
export const obstacles = {
  MISSING_SCOPE: 'The caller lacks a scope that it needs.',
  ISSUED_BY_TOKEN: 'The caller came with an API token, which issues no tokens.',
  PROFILE_ACCESS: 'The access is a profile, which holds no tokens.',
  EXPIRED_USER: 'The time of the user of the access is over.',
  REVOKED: 'The token is revoked, which is final.',
} as const

export type Obstacle = keyof typeof obstacles

/** Who would act. */
type Acting = Pick<Principal, 'scopes' | 'tokenId'>

/** Something that a mutation does with what `Facts` tell of. */
export interface Action<Facts> {
  /** The scopes that the mutation needs. */
  readonly scopes: readonly Scope[]
  /** What stands in the way beside them. */
  obstacles(facts: Facts, acting: Acting): readonly Obstacle[]
}

type TokenFacts = Pick<TokenState, 'revokedAt'>

const untilRevoked = ({ revokedAt }: TokenFacts): readonly Obstacle[] => (revokedAt === null ? [] : ['REVOKED'])

/** Every action, by its mutation. */
export const tokenActions = {
  issueToken: {
    scopes: ['tokens:issue'],
    obstacles: (holder, { tokenId }) => brokenByHolder(holder, tokenId !== null).map(({ limit }) => limit),
  } satisfies Action<TokenHolder>,
  deactivateToken: { scopes: ['tokens:deactivate'], obstacles: untilRevoked } satisfies Action<TokenFacts>,
  reactivateToken: { scopes: ['tokens:deactivate'], obstacles: untilRevoked } satisfies Action<TokenFacts>,
} as const

/** Everything that stands in the way of the action; nothing where the mutation would not be refused for who asks. */
export function obstaclesTo<Facts>(
  { scopes, obstacles }: Action<Facts>,
  facts: Facts,
  acting: Acting,
): readonly Obstacle[] {
  const isCovered = scopes.every((scope) => acting.scopes.has(scope))
  return [...(isCovered ? [] : (['MISSING_SCOPE'] as const)), ...obstacles(facts, acting)]
}
