/** What every search goes by. */
export interface SearchRules {
  readonly clock: () => Date
  /** Rows of a page, and ids of a list, at most. */
  readonly mostRows: number
}
