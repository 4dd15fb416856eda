import { fileURLToPath } from 'node:url'
import { type Plan, readPlan } from '../tenant/plan.ts'

/** The example that the embedded market rents a computer for. */
export function readExample(): Promise<Plan> {
  return readPlan(fileURLToPath(new URL('../../../../examples/hello/compose.yaml', import.meta.url)))
}
