/** What may be done with tokens, and what stands in the way of a caller: the rules of the mutations, to be asked beforehand. */
import { brokenByHolder, reaches, type TokenHolder } from './issuing.ts'
import type { Principal } from './principal.ts'
import type { Scope } from './scopes.ts'
import type { TokenState } from './token.ts'

/** Everything that can stand in the way of an action. */
export const obstacles = {
  MISSING_SCOPE: 'The caller lacks a scope that it needs.',
  ISSUED_BY_TOKEN: 'The caller came with an API token, which issues no tokens.',
  PROFILE_ACCESS: 'The access is a profile, which holds no tokens.',
  EXPIRED_USER: 'The time of the user of the access is over.',
  OTHER_USER: 'It belongs to another user, and the caller lacks tokens:manage.',
  SCOPE_NOT_GRANTED: 'The token would carry more than the caller holds.',
  REVOKED: 'The token is revoked, which is final.',
  ROTATED: 'The token has been rotated already.',
  DEACTIVATED: 'The token is deactivated.',
  EXPIRED: 'The time of the token is over.',
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

/** Whose it is. */
export interface Owned {
  /** Whether it belongs to the caller's user. It is not asked where the caller reaches those of everybody. */
  readonly isOwn: boolean
}

export interface TokenFacts extends Owned, Pick<TokenState, 'revokedAt'> {}

/** What it takes to issue a token as it stands. */
export interface IssuedAgain {
  readonly holder: TokenHolder
  /** Whether the caller would give away more than it holds. */
  readonly exceeds: boolean
}

/** A token that is to be switched on. */
export interface StoppedToken extends TokenFacts {
  /** Null where it is on already: then nothing is asked. */
  readonly again: IssuedAgain | null
}

/** A token that is to be rotated. */
export interface WorkingToken extends TokenFacts, Pick<TokenState, 'deactivated'> {
  /** Whether it has a successor. */
  readonly isRotated: boolean
  readonly isExpired: boolean
  readonly again: IssuedAgain
}

function ofOthers({ isOwn }: Owned, { scopes }: Acting): readonly Obstacle[] {
  return reaches(scopes, isOwn) ? [] : ['OTHER_USER']
}

function untilRevoked(facts: TokenFacts, acting: Acting): readonly Obstacle[] {
  return [...ofOthers(facts, acting), ...(facts.revokedAt === null ? [] : (['REVOKED'] as const))]
}

function ofHolder(holder: TokenHolder, { tokenId }: Acting): readonly Obstacle[] {
  return brokenByHolder(holder, tokenId !== null).map(({ limit }) => limit)
}

function ofIssuing({ holder, exceeds }: IssuedAgain, acting: Acting): readonly Obstacle[] {
  return [...ofHolder(holder, acting), ...(exceeds ? (['SCOPE_NOT_GRANTED'] as const) : [])]
}

/** Every action, by its mutation. */
export const tokenActions = {
  issueToken: {
    scopes: ['tokens:issue'],
    obstacles: (facts, acting) => [...ofOthers(facts, acting), ...ofHolder(facts, acting)],
  } satisfies Action<TokenHolder & Owned>,
  rotateToken: {
    scopes: ['tokens:rotate'],
    obstacles: (facts, acting) => [
      ...untilRevoked(facts, acting),
      ...(facts.isRotated ? (['ROTATED'] as const) : []),
      ...(facts.deactivated ? (['DEACTIVATED'] as const) : []),
      ...(facts.isExpired ? (['EXPIRED'] as const) : []),
      ...ofIssuing(facts.again, acting),
    ],
  } satisfies Action<WorkingToken>,
  deactivateToken: { scopes: ['tokens:deactivate'], obstacles: untilRevoked } satisfies Action<TokenFacts>,
  reactivateToken: {
    // That is issuing it again.
    scopes: ['tokens:deactivate', 'tokens:issue'],
    obstacles: (facts, acting) => [
      ...untilRevoked(facts, acting),
      ...(facts.again === null ? [] : ofIssuing(facts.again, acting)),
    ],
  } satisfies Action<StoppedToken>,
  // One that is revoked already stays as it is.
  revokeToken: { scopes: ['tokens:deactivate'], obstacles: ofOthers } satisfies Action<Owned>,
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
