/** Whole numbers as the database has them: ids, and customers' numbers. */

const largest = 2_147_483_647

/** Whether the value is a whole number that PostgreSQL's `integer` holds. */
export function isInt4(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= -largest - 1 && (value as number) <= largest
}

/** The number from 1 on that the decimal digits say; null for any other text, leading zeros included. */
export function parseInt4(text: string): number | null {
  const value = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : null
  return isInt4(value) ? value : null
}
