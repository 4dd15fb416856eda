import type { Plan, PlannedAct } from './plan.ts'
import type { ChaosResult } from './runChaos.ts'
import { inOneLine } from './said.ts'

/** The plan as people read it: what goes wrong, and what tenants do, by time. */
export function describePlan({ seed, minutes, faults, tenants }: Plan): string {
  const lines = [
    ...faults.map(({ atSeconds, lastsSeconds, fault, target }) => ({
      atSeconds,
      text: `${fault} ${target} for ${lastsSeconds} s`,
    })),
    ...tenants.flatMap(({ name, acts }) =>
      acts.map((act) => ({ atSeconds: act.atSeconds, text: `${name}: ${describeAct(act)}` })),
    ),
  ].sort((a, b) => a.atSeconds - b.atSeconds)
  const head = `seed ${seed}, ${minutes} minutes; the same again: npm run chaos -- --seed ${seed} --minutes ${minutes}`
  return [head, ...lines.map(({ atSeconds, text }) => `${atSeconds.toFixed(1).padStart(7)} s  ${text}`)].join('\n')
}

function describeAct(act: PlannedAct): string {
  switch (act.act) {
    case 'order':
      return `rents for ${act.example}, ${act.leaseSeconds} s${cutText(act.cutAfterMs)}`
    case 'job':
      return `has a job run, ${act.leases} × ${act.tasks} tasks${cutText(act.cutAfterMs)}`
    case 'close':
      return 'closes a lease'
    case 'extend':
      return `extends a lease by ${act.bySeconds} s`
    case 'topUp':
      return `deposits ${(act.cents / 100).toFixed(2)}`
    case 'look':
      return 'looks what runs'
  }
}

function cutText(cutAfterMs: number | undefined): string {
  return cutAfterMs === undefined ? '' : `, killed after ${(cutAfterMs / 1_000).toFixed(1)} s and run again`
}

/** What came of a run, in a few lines. */
export function describeResult(result: ChaosResult): string {
  const { seed, minutes, faults, endedByThemselves, failedCommands, counts, findings, folder } = result
  const second = (at: number) => `${Math.round((at - result.startedAt) / 1_000)} s`
  const named = (record: Readonly<Record<string, number>>) =>
    Object.entries(record)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ') || 'none'
  return [
    `seed ${seed}, ${minutes} minutes`,
    `faults: ${named(faults)}`,
    ...Object.entries(result.leftOut).map(([name, why]) => `  without ${name}: ${why}`),
    ...result.failedFaults.map(({ name, target, error }) => `  ${name} ${target} failed: ${error}`),
    `ended by themselves: ${endedByThemselves.length || 'none'}`,
    ...endedByThemselves.map(
      ({ name, at, code, said }) => `  ${name} at ${second(at)} with ${code}: ${inOneLine(said)}`,
    ),
    `${counts.commands} commands of tenants, ${failedCommands.length} of them failed, ${counts.killedCommands} were killed`,
    ...failedCommands.map(
      ({ tenant, act, at, code, error }) => `  ${tenant} ${act} at ${second(at)} with ${code}: ${inOneLine(error)}`,
    ),
    `${counts.leases} leases, ${counts.jobs} of them jobs, ${counts.eras} eras reported`,
    findings.length === 0 ? 'nothing was found' : `${findings.length} findings:`,
    ...findings.map(({ check, message }) => `  ${check}: ${message}`),
    ...(folder === undefined ? [] : [`everything of the run: ${folder}`]),
  ].join('\n')
}
