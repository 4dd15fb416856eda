import { lstatSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createFakeHost } from './fake.ts'
import { createFakeTaskDriver, type FakeTask } from './fakeTasks.ts'
import { describeTasks } from './testTasks.ts'

const scripts: Record<string, FakeTask> = {
  '/copies': ({ inputDir }) => {
    const path = inputDir && join(inputDir, 'in.txt')
    if (!path || !lstatSync(path).isFile()) return { ends: { kind: 'exited', code: 1 } }
    return { files: { 'out.txt': readFileSync(path) } }
  },
  '/exitsWith3': () => ({ ends: { kind: 'exited', code: 3 }, files: { 'part.txt': 'part' } }),
  '/cannotWriteInput': () => ({}),
  '/tellsTask': ({ environment }) => ({ files: { 'task.txt': environment.TENDER_TASK ?? '' } }),
  '/prints': () => ({ writes: ['one', 'two', 'three'] }),
  '/runsForever': () => new Promise(() => {}),
  '/exhaustsMemory': () => ({ ends: { kind: 'killed', by: 'memory', detail: 'too much' } }),
  '/floods': () => ({
    ends: { kind: 'killed', by: 'output', detail: 'too much' },
    writes: Array.from({ length: 2_000 }, () => 'x'.repeat(100)),
  }),
  '/fillsOutput': ({ limits }) => ({ files: { big: new Uint8Array(limits.diskBytes + 1) } }),
  '/crashes': () => ({ ends: { kind: 'crashed', detail: 'died' } }),
}
const program = (name: string) => ({ image: { kind: 'file', path: `/${name}` } as const, args: [] })

describeTasks('the fake', async () => {
  const host = createFakeHost({})
  return {
    driver: createFakeTaskDriver(host, scripts),
    programs: {
      copies: program('copies'),
      exitsWith3: program('exitsWith3'),
      cannotWriteInput: program('cannotWriteInput'),
      tellsTask: program('tellsTask'),
      prints: program('prints'),
      runsForever: program('runsForever'),
      exhaustsMemory: program('exhaustsMemory'),
      floods: program('floods'),
      fillsOutput: program('fillsOutput'),
      crashes: program('crashes'),
      invalid: program('invalid'),
    },
    leftovers: async () => [],
    close: () => host.close(),
  }
})
