/** What an import has done, a line for each kind of rows. */
import type { Counts } from './importFiles.ts'
import type { Kind } from './kind.ts'
import { tokenKind } from './kinds.ts'

/** Each line with its end. */
export function countsText(counts: ReadonlyMap<Kind, Counts>): string {
  return [...counts]
    .map(([kind, { created, changed, removed, same }]) => {
      const gone = kind === tokenKind ? 'deactivated' : 'removed'
      return `${kind.plural}: ${created} created, ${changed} changed, ${removed} ${gone}, ${same} the same\n`
    })
    .join('')
}
