/** Writes that are made once, however often they are asked for under their key. */
import type { Once } from '../db/change.ts'

export const writtenKeyDescription =
  'A text of 1 to 255 characters. The same request under the same key within 24 hours is carried out once; another request ' +
  'under it is a conflict.'

/** Null where there is no key. A retry is answered even where the row could not be written like this any more. */
export function onceFor<Result>(
  key: string | null,
  operation: string,
  asked: object,
  replay: Once<Result>['replay'],
): Once<Result> | null {
  return key === null ? null : { key, operation, version: 1, asked, answersAlways: true, replay }
}
