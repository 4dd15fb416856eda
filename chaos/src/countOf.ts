import { eraReportsAbi, jobsAbi, leaseEscrowAbi } from '@tender/abi'
import { createPublicClient, http } from 'viem'
import type { History } from './history.ts'
import type { World } from './world/world.ts'

/** How much happened in a run. */
export type Counts = {
  /** Commands of tenants. */
  commands: number
  killedCommands: number
  /** On the chain. */
  leases: number
  jobs: number
  eras: number
}

export async function countOf(world: World, { tenants }: History): Promise<Counts> {
  const chain = createPublicClient({ transport: http(world.chainUrl) })
  const all = { fromBlock: 0n, strict: true } as const
  const { leaseEscrow, jobs, eraReports } = world.book.contracts
  const [leases, begun, eras] = await Promise.all([
    chain.getContractEvents({ ...all, address: leaseEscrow, abi: leaseEscrowAbi, eventName: 'LeaseOpened' }),
    chain.getContractEvents({ ...all, address: jobs, abi: jobsAbi, eventName: 'JobBegun' }),
    chain.getContractEvents({ ...all, address: eraReports, abi: eraReportsAbi, eventName: 'ReportPosted' }),
  ])
  const codes = tenants.flatMap(({ entries }) => entries.map(({ code }) => code))
  return {
    commands: codes.length,
    killedCommands: codes.filter((code) => code === null).length,
    leases: leases.length,
    jobs: begun.length,
    eras: eras.length,
  }
}
