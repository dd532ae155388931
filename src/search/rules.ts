/** What every search goes by. */
export interface SearchRules {
  /** The instant of the request. */
  readonly now: Date
  /** Rows of a page, and ids of a list, at most. */
  readonly mostRows: number
  /** Whether all rows that there are, are counted. Left out: they are read page by page, or are those of one parent. */
  readonly counted?: boolean
}
