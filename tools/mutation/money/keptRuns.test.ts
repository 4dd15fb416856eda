import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { JudgedMutant } from '../mutant.ts'
import { keptRuns } from './keptRuns.ts'

test('a run is kept until its file or a test that ran changes, or a test is added', () => {
  const root = mkdtempSync(join(tmpdir(), 'tender-kept-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  const write = (file: string, text: string) => writeFileSync(join(root, file), text)
  for (const file of ['a.ts', 'a.test.ts', 'b.test.ts']) write(file, 'one')
  const mutant: JudgedMutant = {
    file: 'a.ts',
    line: 1,
    column: 1,
    operator: 'boundary',
    before: '<',
    after: '<=',
    status: 'killed',
  }
  const begin = () => keptRuns(root, join(root, 'kept/a.json'), 'a.ts', ['*.test.ts'])
  const findings = { mutants: [mutant], tests: ['a.test.ts'] }
  expect(begin().read()).toBeUndefined()
  begin().write(findings)
  write('b.test.ts', 'of another file')
  expect(begin().read()).toEqual([mutant])
  for (const file of ['a.ts', 'a.test.ts', 'c.test.ts']) {
    begin().write(findings)
    write(file, 'two')
    expect(begin().read()).toBeUndefined()
  }
  for (const file of ['a.ts', 'a.test.ts']) {
    const run = begin()
    write(file, 'edited while it ran')
    run.write(findings)
    expect(begin().read()).toBeUndefined()
  }
})
