/** What fields weigh that give lists in one of the three forms. */
import { defaultSize } from '../page/keyset.ts'
import type { FieldWeight } from './costPlugin.ts'

/** A whole list, which typically has `size` rows. */
export function listWeight(size: number): FieldWeight {
  return { size, sizedFields: ['results'] }
}

/** A page of a list that typically has `of` rows. */
export function pageWeight(of: number): FieldWeight {
  return { of, sizedBy: ['limit'], skippedBy: 'offset', sizedFields: ['results'] }
}

/** A connection of a list that typically has `of` rows. */
export function connectionWeight(of: number): FieldWeight {
  return { of, size: defaultSize, sizedBy: ['first', 'last'], sizedFields: ['edges', 'nodes'] }
}
