import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PlannedAct } from '../plan.ts'

const examples = fileURLToPath(new URL('../../../examples', import.meta.url))

/** Long enough for a job of seconds whose provider is killed once, short enough to be over in a run. */
const JOB_DEADLINE = '2m'

/** Writes an example as a tenant wants it, with its module beside it. @returns the Compose file */
export async function writeOrder(
  folder: string,
  { example, leaseSeconds }: Extract<PlannedAct, { act: 'order' }>,
): Promise<string> {
  const file = await readFile(join(examples, example, 'compose.yaml'), 'utf8')
  return write(folder, example, `${example}.wasm`, replaced(file, { duration: `${leaseSeconds}s` }))
}

/** Writes a job of a few seconds: darts, by several tasks. @returns the Compose file */
export async function writeJob(
  folder: string,
  { tasks, leases }: Extract<PlannedAct, { act: 'job' }>,
): Promise<string> {
  const file = await readFile(join(examples, 'montecarlo', 'job.yaml'), 'utf8')
  // The first `replicas` is how many tasks run at once, the second how many leases there are.
  const [service = '', tender = ''] = file.split(/^(?=x-tender:)/m)
  const asked = { duration: '1m', replicas: String(leases), tasks: String(tasks * leases), deadline: JOB_DEADLINE }
  const text = replaced(service, { DARTS: '"300000"', replicas: '1' }) + replaced(tender, asked)
  return write(folder, 'montecarlo', 'montecarlo.wasm', text)
}

/** @throws {Error} if the example has no such line any more */
function replaced(text: string, values: Readonly<Record<string, string>>): string {
  return Object.entries(values).reduce((changed, [key, value]) => {
    const line = new RegExp(`^( *${key}: ).*$`, 'm')
    if (!line.test(changed)) throw new Error(`the example has no ${key}`)
    return changed.replace(line, `$1${value}`)
  }, text)
}

async function write(folder: string, example: string, module: string, text: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  await copyFile(join(examples, example, module), join(folder, module))
  const file = join(folder, 'compose.yaml')
  await writeFile(file, text)
  return file
}
