import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { checkLayers, importsOf } from './layers.ts'

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tender-layers-'))
  write('package.json', { name: 'x', workspaces: ['packages/*', 'apps/*', 'e2e'], devDependencies: { vitest: '5' } })
  write('packages/low/package.json', { name: '@x/low', dependencies: { zod: '4' }, devDependencies: { tool: '1' } })
  write('packages/twin/package.json', { name: '@x/twin', dependencies: { '@x/low': '*' } })
  write('packages/high/package.json', {
    name: '@x/high',
    dependencies: { '@x/low': '*', '@x/twin': '*', '@x/top': '*' },
  })
  write('apps/top/package.json', { name: '@x/top', dependencies: { '@x/high': '*' } })
  write('e2e/package.json', { name: '@x/e2e', dependencies: { '@x/low': '*', '@x/top': '*' } })
})

afterEach(() => rmSync(root, { recursive: true, force: true }))

const table = { 'packages/low': 1, 'packages/twin': 1, 'packages/high': 2, 'apps/top': 4, e2e: 6 }

function write(file: string, content: string | object): void {
  mkdirSync(dirname(join(root, file)), { recursive: true })
  writeFileSync(join(root, file), typeof content === 'string' ? content : JSON.stringify(content))
}

function problemsOf(file: string, source: string): string[] {
  write(file, source)
  return checkLayers(root, table)
}

describe('checkLayers', () => {
  test.each([
    ['a declared lower room', 'packages/high/src/a.ts', "import { x } from '@x/low'"],
    ['a declared package', 'packages/low/src/a.ts', "import { z } from 'zod'"],
    ['a file of its own', 'packages/low/src/deep/a.ts', "import { b } from '../b.ts'"],
    ['a part of Node', 'packages/low/src/a.ts', "import { join } from 'node:path'"],
    ["a test's tools", 'packages/low/src/a.test.ts', "import 'tool'\nimport { test } from 'vitest'"],
    ['what tests share, in a test', 'packages/low/src/a.test.ts', "import { x } from './testMarket.ts'"],
    ['what tests share, from another room', 'packages/high/src/a.test.ts', "import '@x/low/conformance'"],
    ["a test's tools in the room of tests", 'e2e/help.ts', "import { test } from 'vitest'"],
    ['what tests share, in the room of tests', 'e2e/help.ts', "import { x } from '@x/low/testMarket'"],
    ['a feature, in what holds the page together', 'apps/top/src/app/a.tsx', "import '../features/one/b.tsx'"],
    ['what is shared, in a feature', 'apps/top/src/features/one/a.tsx', "import '../../shared/b.ts'"],
    ['a tool, in the room of tests', 'e2e/help.ts', "import { x } from '../tools/x.ts'"],
    ['what the root declares, in tools', 'tools/a.ts', "import { test } from 'vitest'"],
  ])('lets through %s', (_what, file, source) => {
    expect(problemsOf(file, source)).toEqual([])
  })

  test.each([
    ['a room above', 'packages/high/src/a.ts', "import { x } from '@x/top'", /layer 2 may not import layer 4/],
    ['a room beside', 'packages/twin/src/a.ts', "export * from '@x/low'", /layer 1 may not import layer 1/],
    ['a type of a room above', 'packages/high/src/a.ts', "import type { X } from '@x/top'", /layer 2 may not/],
    ['a room above, late', 'packages/high/src/a.ts', `const x = await import(${"'@x/top'"})`, /layer 2 may not/],
    [
      'a feature, in what is shared',
      'apps/top/src/shared/a.ts',
      "import '../features/one/b.ts'",
      /may not import features/,
    ],
    ['another feature', 'apps/top/src/features/one/a.tsx', "import '../two/b.tsx'", /imports no other feature/],
    ['a room above in a test', 'packages/high/src/a.test.ts', "import '@x/top'", /layer 2 may not/],
    [
      'a lower room not declared',
      'apps/top/src/a.ts',
      "import { x } from '@x/low'",
      /apps\/top\/package.json does not declare/,
    ],
    [
      'a package not declared',
      'apps/top/src/a.ts',
      "import { z } from 'zod/mini'",
      /apps\/top\/package.json does not declare/,
    ],
    ["a test's tool outside tests", 'packages/low/src/a.ts', "import 'tool'", /only tests import devDependencies/],
    [
      'what tests share outside tests',
      'packages/low/src/a.ts',
      "import './testMarket.ts'",
      /only tests import what tests share/,
    ],
    [
      'what tests share, from another room, outside tests',
      'packages/high/src/a.ts',
      "import '@x/low/conformance'",
      /index/,
    ],
    ["another workspace's file", 'packages/high/src/a.ts', "import '../../low/src/a.ts'", /stays within its workspace/],
    ['past an index', 'packages/high/src/a.ts', "import '@x/low/secret'", /from its index/],
    ['itself by name', 'packages/low/src/a.ts', "import '@x/low'", /by relative path/],
    ['a part of Node without its prefix', 'packages/low/src/a.ts', "import 'fs/promises'", /write node:fs\/promises/],
    [
      'a tool, below the top',
      'apps/top/src/a.ts',
      "import { x } from '../../../tools/x.ts'",
      /stays within its workspace/,
    ],
    ['a room, in tools', 'tools/a.ts', "import '@x/low'", /package.json does not declare/],
  ])('names %s, with the line and what to do', (_what, file, source, lesson) => {
    const problems = problemsOf(file, `\n${source}\n`)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(lesson)
    expect(problems[0]).toContain(`${file}:2 imports`)
  })

  test('asks for the layer of a new room', () => {
    write('packages/new/package.json', { name: '@x/new' })
    expect(checkLayers(root, table)).toEqual([expect.stringMatching(/^packages\/new has no layer/)])
  })
})

test('importsOf finds every shape of import and no other text', () => {
  const source = [
    'import a from "a"',
    "import b, { type B } from 'b'",
    'import {',
    '  c,',
    "} from 'c'",
    "export { d } from 'd'",
    "export * as e from 'e'",
    "import 'f'",
    "import type { G } from 'g'",
    `const h = await import(${"'h'"})`,
    '/**',
    " * import { no } from 'comment'",
    ' */',
    "// import 'comment'",
    `const text = "import 'text'"`,
    "export const i = 'text'",
  ].join('\n')
  expect(
    importsOf(source)
      .map(({ specifier }) => specifier)
      .sort(),
  ).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'])
  expect(importsOf(source).find(({ specifier }) => specifier === 'c')?.line).toBe(5)
})
