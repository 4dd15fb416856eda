import { readdirSync, readFileSync } from 'node:fs'

type Entry = { readonly pid: number; readonly parent: number; readonly session: number }

/**
 * Kills a process of a container from the host, with its descendants and the others of its session. Does nothing if the
 * process is gone, or its number belongs to a process outside of the container by now.
 */
export function killTree(root: number, containerId: string): void {
  const entries = processes()
  const doomed = new Set([root])
  let size = 0
  while (size < doomed.size) {
    size = doomed.size
    for (const { pid, parent, session } of entries) if (doomed.has(parent) || session === root) doomed.add(pid)
  }
  // All are looked at before the first dies: orphans get another parent.
  for (const pid of [...doomed].filter((pid) => isOf(pid, containerId))) kill(pid)
}

function processes(): Entry[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    // `pid (name) state ppid pgrp session …`; the name may hold anything, also brackets.
    const stat = read(`/proc/${name}/stat`)
    const [, parent, , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return [{ pid: Number(name), parent: Number(parent), session: Number(session) }]
  })
}

/** Its cgroup names its container, on both versions of cgroups. */
function isOf(pid: number, containerId: string): boolean {
  return containerId.length > 0 && read(`/proc/${pid}/cgroup`).includes(containerId)
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Gone already.
  }
}

/** Empty once the process is gone. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
