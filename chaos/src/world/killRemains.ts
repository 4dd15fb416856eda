import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/**
 * Kills every process whose command line names the folder: workloads outlive their provider's process, in groups of their own.
 *
 * @returns how many there were
 */
export async function killRemains(folder: string): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-axww', '-o', 'pid=,args='], { maxBuffer: 64 * 1024 ** 2 })
  const found = stdout.split('\n').filter((line) => line.includes(folder))
  const pids = found.map((line) => Number.parseInt(line, 10)).filter((pid) => pid !== process.pid)
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It ended meanwhile.
    }
  }
  return pids.length
}
