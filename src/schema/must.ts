/** For links that foreign keys guarantee: the value, which is there. Throws where it is not; that is a fault, not a failure. */
export function must<T>(value: T | null, link: string): T {
  if (value === null) throw new Error(`the ${link} that a foreign key guarantees is not visible`)
  return value
}
