import type { Fault } from '../fault.ts'
import { clock } from './clock.ts'
import { cuts } from './cuts.ts'
import { diskFull } from './diskFull.ts'
import { garbage } from './garbage.ts'
import { hostile } from './hostile.ts'
import { reorg } from './reorg.ts'
import { rpcErrors } from './rpcErrors.ts'
import { rpcLies } from './rpcLies.ts'
import { slow } from './slow.ts'

/** What can go wrong around a process: its chain, its network, its disk, its clock, and who talks to it. */
export const surroundingFaults: readonly Fault[] = [
  ...[rpcErrors, rpcLies, reorg, ...cuts, slow, diskFull, clock, garbage, hostile],
]
