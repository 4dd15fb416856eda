import { formatDuration } from '../units.ts'
import type { JobBlock } from './jobBlock.ts'
import type { ParsedService } from './parsedCompose.ts'
import type { TenderBlock } from './tenderBlock.ts'
import { isMap } from './written.ts'
import type { YamlPath } from './yamlFile.ts'

type Fault = { path: YamlPath; message: string }

const byTime = 'a job is paid for its result, not by time'
const marketKeys: Readonly<Record<string, string>> = {
  uptime: byTime,
  'max-silence': byTime,
  'max-min-charge': byTime,
}

const oneRun = 'a task runs once, to its end'
const noFiles = 'a task has /input and /output, and nothing else'
const serviceKeys: Readonly<Record<string, string>> = {
  ports: 'a task serves nothing',
  restart: oneRun,
  healthcheck: oneRun,
  depends_on: oneRun,
  stop_signal: oneRun,
  stop_grace_period: oneRun,
  volumes: noFiles,
  tmpfs: noFiles,
  shm_size: noFiles,
  configs: `${noFiles}: put the file into the input`,
  secrets: 'validators run tasks again, so that what a task knows is no secret',
  working_dir: 'the image says where it runs, and as whom',
  user: 'the image says where it runs, and as whom',
}

/** What a file with `x-tender.job` says that no job can have. `value`: the file as written. */
export function jobFileFaults(value: unknown, tender: TenderBlock, services: Record<string, ParsedService>): Fault[] {
  const { job } = tender
  if (!job || !isMap(value)) return []
  const [, second] = Object.keys(services)
  return [
    ...(second === undefined
      ? []
      : [{ path: ['services', second], message: 'is a second service: a job runs one, so write one file for each' }]),
    ...written(value['x-tender'], marketKeys, ['x-tender']),
    ...(isMap(value.services)
      ? Object.entries(value.services).flatMap(([name, service]) => written(service, serviceKeys, ['services', name]))
      : []),
    ...termFaults(job, tender),
  ]
}

function written(part: unknown, reasons: Readonly<Record<string, string>>, at: YamlPath): Fault[] {
  if (!isMap(part)) return []
  return Object.keys(part).flatMap((key) => {
    const reason = Object.hasOwn(reasons, key) ? reasons[key] : undefined
    return reason === undefined ? [] : [{ path: [...at, key], message: `is not for a job: ${reason}` }]
  })
}

function termFaults(job: JobBlock, { durationSeconds, maxPrice, replicas }: TenderBlock): Fault[] {
  const at = (path: YamlPath, message: string): Fault => ({ path: ['x-tender', 'job', ...path], message })
  const faults: Fault[] = []
  if (job.deadlineSeconds < durationSeconds) {
    const message = `is before the end of the ${formatDuration(durationSeconds)} of machine time that x-tender.duration buys`
    faults.push(at(['deadline'], message))
  }
  for (const [path, amount] of [
    [['verify', 'fee'], job.verifyFee],
    [['cancel-fee'], job.cancelFee],
  ] as const)
    if (amount && amount.symbol !== maxPrice.symbol)
      faults.push(at(path, `must be in ${maxPrice.symbol}, as max-price is`))
  if ('glob' in job.tasks && job.input === undefined)
    faults.push(at(['tasks'], 'is a pattern for files of the input: write input beside it'))
  const tasks = 'count' in job.tasks ? job.tasks.count : 'items' in job.tasks ? job.tasks.items.length : undefined
  const fault = tasks === undefined ? undefined : shareFault(tasks, replicas, job.sample)
  if (fault) faults.push(at(fault.path, fault.message))
  return faults
}

/** Why tasks cannot be shared by so many leases, or so many of a lease's be sampled. */
export function shareFault(
  tasks: number,
  replicas: number,
  sample: number | undefined,
): { path: string[]; message: string } | undefined {
  if (tasks < replicas)
    return { path: ['tasks'], message: `are ${tasks} for ${replicas} leases: one would have nothing to do` }
  const share = Math.ceil(tasks / replicas)
  if (sample === undefined || sample <= share) return undefined
  return { path: ['verify', 'sample'], message: `is ${sample}, and a lease has ${share} tasks at most` }
}
