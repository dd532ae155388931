/** Cursors: where a row stands in an order. Opaque to clients, and good for the order that they were made for only. */
import type { Order } from './order.ts'

/** The place of a row: the value that it is ordered by, as SQL writes it, and its id. */
export interface Place {
  /** Null where the row has none, and where the order is by id alone. */
  readonly value: string | null
  readonly id: string
}

/** The cursor of a place. `kind` is the type of what is listed. */
export function encodeCursor(kind: string, { name, direction }: Order, { value, id }: Place): string {
  return Buffer.from(JSON.stringify([kind, name, direction, id, value])).toString('base64url')
}

/** The place that the cursor stands for; undefined where it is none of this kind and order. */
export function decodeCursor(kind: string, order: Order, cursor: string): Place | undefined {
  const parts = partsOf(cursor)
  if (!Array.isArray(parts)) return undefined
  const [, , , id, value] = parts
  if (typeof id !== 'string' || (value !== null && typeof value !== 'string')) return undefined
  const place = { value, id }
  return encodeCursor(kind, order, place) === cursor ? place : undefined
}

function partsOf(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}
