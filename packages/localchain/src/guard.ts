import { type ChildProcess, spawn } from 'node:child_process'

/**
 * Ends `child` when this process ends, however it ends, SIGKILL included: a shell waits for the end of a pipe that only
 * we hold open, then asks the child to stop and, `graceSeconds` later, kills it. It leaves with the child.
 */
export function guard(child: ChildProcess, graceSeconds: number): void {
  // Windows has neither that shell nor SIGTERM; there the end of this process is the best sign to be had.
  if (process.platform === 'win32') {
    const kill = () => child.kill('SIGKILL')
    process.once('exit', kill)
    child.once('exit', () => process.removeListener('exit', kill))
    return
  }
  const script = `
    read -r _
    kill -TERM "$1" || exit 0
    waited=0
    while [ "$waited" -lt "$2" ] && kill -0 "$1"; do sleep 1; waited=$((waited + 1)); done
    kill -KILL "$1"`
  const shell = spawn('/bin/sh', ['-c', script, 'guard', String(child.pid), String(graceSeconds)], {
    // A group of its own: Ctrl-C in a terminal goes to the whole foreground group, and must not take the guard away.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  shell.on('error', () => child.kill('SIGKILL'))
  shell.unref()
  child.once('exit', () => shell.kill('SIGKILL'))
}
