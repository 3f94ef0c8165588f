export { Violation } from './checks.ts'
export { World, type WorldInit, type WorldReport } from './world.ts'
