/** W6: one permission check. Cerbos stands beside it once it is there. */
import type { PendingWorkload } from './workload.ts'

export const w6: PendingWorkload = {
  name: 'W6',
  title: 'one permission check',
  waitsFor: 'the gateway has no checkPermissions',
}
