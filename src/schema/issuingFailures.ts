/** What putting a token into the world can fail by, whether it is issued, rotated or switched on again. */
import { Conflict, Forbidden, InvalidInput, NotFound, ScopeNotGranted, TokenPolicyBroken } from '../failures.ts'
import {
  ConflictError,
  ForbiddenError,
  InvalidInputError,
  NotFoundError,
  ScopeNotGrantedError,
  TokenPolicyError,
} from './failure.ts'

/** As it is thrown. */
export const issuingFailures = [InvalidInput, NotFound, Forbidden, ScopeNotGranted, TokenPolicyBroken, Conflict]

/** As it is answered: members of the union of each of their results. */
export const issuingErrors = [
  InvalidInputError,
  NotFoundError,
  ForbiddenError,
  ScopeNotGrantedError,
  TokenPolicyError,
  ConflictError,
]
