/** All workloads, in the order in which they are run and listed. */
import { k2 } from './k2.ts'
import { t } from './t.ts'
import { w1 } from './w1.ts'
import { w3 } from './w3.ts'
import { w4 } from './w4.ts'
import { w5 } from './w5.ts'
import { w6 } from './w6.ts'
import type { Workload } from './workload.ts'

export const workloads: readonly Workload[] = [t, w1, k2, w3, w4, w5, w6]
