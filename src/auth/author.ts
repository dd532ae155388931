/** Who did something, as the *_by columns hold it: a snapshot that survives the deletion of what it points at. */

export type AuthorSnapshot = {
  /** Null or absent where the author acted without an access. */
  readonly accessId?: number | null
  readonly userId: string
  readonly firstname: string
  readonly lastname: string
}

/** The snapshot in a *_by column; null where nobody is on record. The database checks its shape. */
export function authorOf(column: unknown): AuthorSnapshot | null {
  return column as AuthorSnapshot | null
}
