/** What every search goes by. */
import type { TokenTime } from '../auth/token.ts'

export interface SearchRules {
  /** The instant of the request. */
  readonly now: Date
  /** The same as the status of tokens is told by. */
  readonly tokenTime: TokenTime
  /** Seconds after which a token that is not used stops; null: it does not by that. */
  readonly tokenIdleLifetime: number | null
  /** Rows of a page, and ids of a list, at most. */
  readonly mostRows: number
  /** Whether all rows that there are, are counted. Left out: they are read page by page, or are those of one parent. */
  readonly counted?: boolean
}
