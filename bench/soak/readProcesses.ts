import { readdir, readFile } from 'node:fs/promises'
import { basename } from 'node:path'

/** What the kernel says of one process. */
export type ProcessReading = { pid: number; role: string; residentBytes: number; handles: number; threads: number }

/** What a process of the market's is, by its program and arguments. */
const roles: readonly [role: string, mark: RegExp][] = [
  ['chain', /anvil/],
  ['capacity', /solveCapacityChild/],
  ['tasks', /task\.mjs/],
  ['workloads', /main\.mjs/],
]

/** A process and all that came of it, as they are now. The first is the `market`. Linux only. */
export async function readProcesses(pid: number): Promise<ProcessReading[]> {
  const parents = await readParents()
  const found = [pid]
  for (const one of found) for (const [child, parent] of parents) if (parent === one) found.push(child)
  const all = await Promise.all(found.map((one) => readProcess(one, one === pid)))
  return all.filter((reading) => reading !== undefined)
}

/** Of every process its parent. */
async function readParents(): Promise<Map<number, number>> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const read = pids.map(async (pid) => {
    const status = await ifThere(readFile(`/proc/${pid}/status`, 'utf8'))
    return [pid, status === undefined ? 0 : field(status, 'PPid')] as const
  })
  return new Map(await Promise.all(read))
}

async function readProcess(pid: number, isMarket: boolean): Promise<ProcessReading | undefined> {
  const [status, command, handles] = await Promise.all([
    ifThere(readFile(`/proc/${pid}/status`, 'utf8')),
    ifThere(readFile(`/proc/${pid}/cmdline`, 'utf8')),
    ifThere(readdir(`/proc/${pid}/fd`)),
  ])
  if (status === undefined || command === undefined || handles === undefined) return undefined
  const role = isMarket ? 'market' : roleOf(command)
  const residentBytes = field(status, 'VmRSS') * 1024
  return { pid, role, residentBytes, handles: handles.length, threads: field(status, 'Threads') }
}

function roleOf(command: string): string {
  const words = command.split('\0')
  const known = roles.find(([, mark]) => words.some((word) => mark.test(basename(word))))
  return known?.[0] ?? 'others'
}

function field(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0)
}

/** What a process that has ended meanwhile has: nothing. */
async function ifThere<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES') return undefined
    throw error
  }
}
