import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { between, moment } from '../jobs/moment.ts'
import type { CrowdReading } from './crowd.ts'
import type { Crowd } from './startCrowd.ts'
import { type Ordered, type Ordering, orderFor } from './tenants.ts'

/** What passed in some time. Seconds of the processor. */
export type Span = {
  wall: number
  providers: number
  tenants: number
  chain: number
  receivedBytes: number
  heardOrders: number
  heardAnnouncements: number
  rpcCalls: number
  memoryBytes: number
}

/** Linux counts in hundredths, whatever its own clock. */
const TICKS_PER_SECOND = 100
const UTIME = 11
const STIME = 12

/** Orders for a while, and what all processes used meanwhile. */
export async function load(
  ordering: Ordering,
  { crowd, chainPid, open, seconds }: { crowd: Crowd; chainPid: number; open: number; seconds: number },
): Promise<{ span: Span; orders: Ordered[] }> {
  let orders: Ordered[] = []
  const span = await spanOf(crowd, chainPid, async () => {
    orders = await orderFor(ordering, { open, seconds })
  })
  return { span, orders }
}

/** What all processes use while nothing is ordered. */
export function idle(crowd: Crowd, chainPid: number, { seconds, signal }: { seconds: number; signal: AbortSignal }) {
  return spanOf(crowd, chainPid, () => sleep(seconds * 1000, undefined, { signal }))
}

async function spanOf(crowd: Crowd, chainPid: number, act: () => Promise<unknown>): Promise<Span> {
  const first = await crowd.read()
  const [tenantsFrom, chainFrom] = [moment(), usedBy(chainPid)]
  await act()
  const [{ own: tenants }, chain] = [between(tenantsFrom, moment()), usedBy(chainPid) - chainFrom]
  const last = await crowd.read()
  const grown = (key: Exclude<keyof CrowdReading, 'moment' | 'warnings'>) => last[key] - first[key]
  const { wall, own } = between(first.moment, last.moment)
  return {
    wall,
    providers: own,
    tenants,
    chain,
    receivedBytes: grown('receivedBytes'),
    heardOrders: grown('heardOrders'),
    heardAnnouncements: grown('heardAnnouncements'),
    rpcCalls: grown('rpcCalls'),
    memoryBytes: last.memoryBytes,
  }
}

/** Seconds of the processor that a process used so far. */
function usedBy(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  // They follow the name, which may hold anything but ends at the last ')'.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[UTIME]) + Number(fields[STIME])) / TICKS_PER_SECOND
}
