/** Whether a caller may give a role away, or what one permits: asked on what the statement says that it holds. */
import type { Held } from '../auth/decide.ts'
import { permissionExcess, roleExcess } from '../auth/issuing.ts'
import type { Context } from '../context.ts'
import { catalogueAt } from '../db/catalogue.ts'
import { ScopeNotGranted } from '../failures.ts'
import { giverOf, type RightsText } from './callerRights.ts'

type Giving = Pick<Context, 'principal' | 'changes' | 'read' | 'now'>

/**
 * Throws ScopeNotGranted where the caller neither holds the role nor all that it permits, and where it holds that for less
 * long than until the instant; null is for good. `held` is what `callerRights` says.
 */
export async function requireGiver(role: Held, until: Date | null, held: string, context: Giving): Promise<void> {
  const rights = JSON.parse(held) as RightsText
  const catalogue = await catalogueAt(BigInt(rights.version), context.changes.catalogues, context.read)
  const excess = roleExcess(role, giverOf(rights, context), catalogue)
  if (excess.length > 0) throw new ScopeNotGranted(excess, 'the caller would give a role that it does not hold')
  const outlasting = roleExcess(role, giverOf(rights, context, until), catalogue)
  if (outlasting.length > 0) {
    throw new ScopeNotGranted(outlasting, 'the assignment would outlast what lets the caller give the role')
  }
}

/** Throws ScopeNotGranted where the caller does not hold one of the permissions everywhere and without an end. */
export async function requireHolder(
  permissionIds: readonly string[],
  rights: RightsText,
  context: Giving,
): Promise<void> {
  const catalogue = await catalogueAt(BigInt(rights.version), context.changes.catalogues, context.read)
  const excess = permissionExcess(permissionIds, giverOf(rights, context, null), catalogue)
  if (excess.length > 0) {
    throw new ScopeNotGranted(
      excess,
      'the role would permit what the caller does not hold everywhere and without an end',
    )
  }
}
