import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plan } from '@tender/tenant'
import { readPlan } from '../tenant/readPlan.ts'

/** Where the example is that the embedded market rents a computer for. */
export const EXAMPLE = fileURLToPath(new URL('../../../../examples/hello', import.meta.url))

/** The example that the embedded market rents a computer for. */
export function readExample(): Promise<Plan> {
  return readPlan(join(EXAMPLE, 'compose.yaml'))
}

/**
 * The same on eight compute units, written below `directory`: of what one unit earns in the few seconds of a demo the market's fee
 * would be rounded to nothing.
 */
export async function readLargeExample(directory: string): Promise<Plan> {
  const file = await readFile(join(EXAMPLE, 'compose.yaml'), 'utf8')
  const large = file.replace('cpus: "1"', 'cpus: "8"')
  if (large === file) throw new TypeError('the example asks for one processor')
  await copyFile(join(EXAMPLE, 'hello.wasm'), join(directory, 'hello.wasm'))
  await writeFile(join(directory, 'compose.yaml'), large)
  return readPlan(join(directory, 'compose.yaml'))
}
