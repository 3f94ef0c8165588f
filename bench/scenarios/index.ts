/** In the order in which they are run and reported. */
import type { Scenario } from '../types.ts'
import { failover } from './failover.ts'
import { reads } from './reads.ts'
import { writes } from './writes.ts'

export const SCENARIOS: readonly Scenario[] = [writes, reads, failover]
