/** In the order in which they are run and reported. */
import type { Scenario } from '../types.ts'
import { answers } from './answers.ts'
import { bulk } from './bulk.ts'
import { disk } from './disk.ts'
import { eventLoop } from './event-loop.ts'
import { failover } from './failover.ts'
import { growth } from './growth.ts'
import { inside } from './inside.ts'
import { memory } from './memory.ts'
import { mixed } from './mixed.ts'
import { overload } from './overload.ts'
import { reads } from './reads.ts'
import { restart } from './restart.ts'
import { stalls } from './stalls.ts'
import { writes } from './writes.ts'

export const SCENARIOS: readonly Scenario[] = [
  writes,
  bulk,
  inside,
  reads,
  mixed,
  eventLoop,
  failover,
  stalls,
  overload,
  restart,
  memory,
  disk,
  answers,
  growth,
]
