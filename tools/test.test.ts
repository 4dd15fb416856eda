import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { forgeTally, settle, vitestTally } from './runners.ts'

const repository = join(import.meta.dirname, '..')

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tender-test-'))
  for (const file of ['contracts/foundry.toml', 'contracts/solc.mjs', 'vitest.config.ts']) {
    cpSync(join(repository, file), join(root, file))
  }
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'))
})

afterEach(() => rmSync(root, { recursive: true, force: true }))

function write(file: string, content: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true })
  writeFileSync(join(root, file), content)
}

function runTests(part: string): { status: number | null; lastLine: string | undefined } {
  const args = [join(import.meta.dirname, 'test.ts'), '--root', root, '--only', part]
  // A run within a run: vitest's own variables would make the inner one believe it is a worker.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST')))
  const { status, stdout } = spawnSync(process.execPath, args, { env, encoding: 'utf8', timeout: 60_000 })
  return { status, lastLine: stdout.trimEnd().split('\n').at(-1) }
}

function contractTest(body: string): string {
  return `// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;
contract SampleTest {
    ${body}
}`
}

describe('contracts', () => {
  test('a failing test makes the run red', () => {
    const body = 'function test_good() external {} function test_bad() external pure { revert("on purpose"); }'
    write('contracts/test/Sample.t.sol', contractTest(body))
    expect(runTests('contracts')).toEqual({ status: 1, lastLine: '1 passed, 1 failed' })
  })

  test('what does not compile makes the run red', () => {
    write('contracts/test/Sample.t.sol', contractTest('function test_bad() external { nonsense(); }'))
    expect(runTests('contracts')).toEqual({ status: 1, lastLine: '0 passed, 1 failed' })
  })

  test('a run without tests is red', () => {
    write('contracts/test/Sample.t.sol', contractTest('function helper() external {}'))
    expect(runTests('contracts')).toEqual({ status: 1, lastLine: '0 passed, 1 failed' })
  })
})

describe('packages', () => {
  const imports = "import { expect, test } from 'vitest'\n"

  test('a failing test makes the run red', () => {
    write('packages/a/src/a.test.ts', `${imports}test('good', () => {})\ntest('bad', () => expect(1).toBe(2))`)
    expect(runTests('packages')).toEqual({ status: 1, lastLine: '1 passed, 1 failed' })
  })

  test('a file that cannot be loaded makes the run red', () => {
    write('packages/a/src/a.test.ts', `${imports}test('good', () => {})`)
    write('packages/a/src/b.test.ts', "import './missing.ts'")
    expect(runTests('packages')).toEqual({ status: 1, lastLine: '1 passed, 1 failed' })
  })

  test('a run without tests is red', () => {
    expect(runTests('packages')).toEqual({ status: 1, lastLine: '0 passed, 1 failed' })
  })

  test('a green run is green', () => {
    write('packages/a/src/a.test.ts', `${imports}test('good', () => {})\ntest.skip('later', () => {})`)
    expect(runTests('packages')).toEqual({ status: 0, lastLine: '1 passed, 0 failed' })
  })
})

test('an unknown part is a wrong use', () => {
  expect(runTests('everything').status).toBe(2)
})

describe('counting', () => {
  test("takes forge's closing line, not those of its suites", () => {
    const output = `Suite result: ok. 5 passed; 0 failed; 0 skipped; finished in 1ms
Ran 2 test suites in 1ms (1ms CPU time): 12 tests passed, 3 failed, 1 skipped (16 total tests)\n`
    expect(forgeTally(output)).toEqual({ passed: 12, failed: 3, skipped: 1 })
    expect(forgeTally('Compiler run failed')).toEqual({ passed: 0, failed: 0, skipped: 0 })
  })

  test('counts each test of vitest once, and a file that failed outside of its tests as one', () => {
    const statuses = (...list: string[]) => list.map((status) => ({ status }))
    const testResults = [
      { status: 'failed', assertionResults: statuses('passed', 'failed', 'skipped') },
      { status: 'failed', assertionResults: statuses('passed') },
    ]
    expect(vitestTally({ testResults })).toEqual({ passed: 2, failed: 2, skipped: 1 })
  })

  test('never takes silence for success', () => {
    const nothing = { passed: 0, failed: 0, skipped: 2 }
    expect(settle(nothing, 0).failed).toBe(1)
    expect(settle({ ...nothing, passed: 3 }, 1).failed).toBe(1)
    expect(settle({ ...nothing, passed: 3 }, null).failed).toBe(1)
    expect(settle({ ...nothing, passed: 3, failed: 2 }, 1).failed).toBe(2)
    expect(settle({ ...nothing, passed: 3 }, 0).failed).toBe(0)
  })
})
