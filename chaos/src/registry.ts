import type { Fault } from './fault.ts'
import { surroundingFaults } from './faults/faults.ts'
import { processFaults } from './processFaults.ts'

/** All that can go wrong on purpose. Plans name them; a new one changes what a seed means. */
export const allFaults: readonly Fault[] = [...processFaults, ...surroundingFaults]
