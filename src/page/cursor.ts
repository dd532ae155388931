/** Cursors: where a row stands in an order. Opaque to clients, and good for the order that they were made for only. */
import { decodeOpaque, encodeOpaque } from '../opaqueId.ts'
import type { Order } from './order.ts'

/** The place of a row: the value that it is ordered by, as SQL writes it, and its id. */
export interface Place {
  /** Null where the row has none, and where the order is by id alone. */
  readonly value: string | null
  readonly id: string
}

/** The cursor of a place. `kind` is the type of what is listed. */
export function encodeCursor(kind: string, { name, direction, value: by }: Order, { value, id }: Place): string {
  const isPlain = by === null && direction === 'ASC'
  return encodeOpaque(kind, isPlain ? id : JSON.stringify([name, direction, id, value]))
}

/** The place that the cursor stands for; null where it is none of this kind and order. */
export function decodeCursor(kind: string, order: Order, cursor: string): Place | null {
  const decoded = decodeOpaque(cursor)
  if (decoded === null) return null
  const [, , id, value] = partsOf(decoded.text)
  const place = typeof id === 'string' ? { id, value: typeof value === 'string' ? value : null } : plain(decoded.text)
  return encodeCursor(kind, order, place) === cursor ? place : null
}

function plain(id: string): Place {
  return { id, value: null }
}

/** Ids are JSON as well, or none at all. */
function partsOf(text: string): readonly unknown[] {
  if (!text.startsWith('[')) return []
  try {
    const parts: unknown = JSON.parse(text)
    return Array.isArray(parts) ? parts : []
  } catch {
    return []
  }
}
