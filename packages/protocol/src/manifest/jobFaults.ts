import { zeroHash } from 'viem'
import type { ContainerSpec, Manifest } from './manifest.ts'
import type { ManifestFault } from './manifestFaults.ts'

type Checked = Pick<Manifest, 'brief' | 'services' | 'volumes' | 'job'>

/** All that a task has of what containers have. */
const TASK_KEYS: readonly (keyof ContainerSpec)[] = ['entrypoint']

/** Where the two parts of a job, its brief and its service do not fit together. */
export function jobFaults({ brief, services, volumes, job }: Checked): ManifestFault[] {
  if (!brief.job && !job) return []
  if (!brief.job) return [fault(['job'], 'is there, and the brief says nothing of it')]
  if (!job) return [fault(['brief', 'job'], 'is there, and the rest says nothing of it')]
  const { terms } = brief.job
  const tasks = typeof job.tasks === 'number' ? job.tasks : job.tasks.length
  const comparator = job.compare === 'bytes' ? zeroHash : job.compare.sha256
  const container = Object.keys(services[0]?.container ?? {})
  const faults: [boolean, PropertyKey[], string][] = [
    [services.length !== 1, ['services'], 'a job has one service'],
    [services.some(({ ports }) => ports.length > 0), ['services', 0, 'ports'], 'a task serves nothing'],
    [
      container.some((key) => !TASK_KEYS.some((known) => known === key)),
      ['services', 0, 'container'],
      'has more than a task has',
    ],
    [volumes.length > 0, ['volumes'], 'are not for a job'],
    [terms.tasks !== tasks, ['brief', 'job', 'terms', 'tasks'], `is ${terms.tasks}, and there are ${tasks} tasks`],
    [terms.sample > tasks, ['brief', 'job', 'terms', 'sample'], 'is more than there are tasks'],
    [
      terms.comparator !== comparator,
      ['brief', 'job', 'terms', 'comparator'],
      'is another than the one that is compared by',
    ],
    [brief.network !== job.network, ['job', 'network'], "is another than the brief's"],
    [
      (job.gpus ?? 0) * (services[0]?.replicas ?? 1) !== (brief.gpu ? brief.units : 0),
      ['job', 'gpus'],
      "are others than the brief's",
    ],
  ]
  return faults.flatMap(([broken, path, message]) => (broken ? [fault(path, message)] : []))
}

function fault(path: PropertyKey[], message: string): ManifestFault {
  return { path, message }
}
