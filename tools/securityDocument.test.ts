import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

// What docs/security.md names has to be there: its tests, its commands, its scripts, its files.

const root = join(import.meta.dirname, '..')
const text = readFileSync(join(root, 'docs/security.md'), 'utf8')

const tried = [...text.matchAll(/^\| .+ \| `([^`›]+) › ([^`]+)` \|$/gm)].map(([, file = '', name = '']) => ({
  file,
  name,
}))

/** Whether a file has a test, or a group of tests, of that name. */
function hasTest(file: string, name: string): boolean {
  const source = readFileSync(join(root, file), 'utf8')
  if (file.endsWith('.sol')) return source.includes(`function ${name}(`)
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`(['"\`])${escaped}\\1\\s*,`).test(source)
}

test('every attack in the table has a line of its own, and a test', () => {
  const rows = text.split('\n').filter((line) => line.includes(' › '))
  expect(tried.length).toBeGreaterThan(90)
  expect(tried).toHaveLength(rows.length)
  expect(new Set(tried.map(({ file, name }) => `${file} › ${name}`)).size).toBe(tried.length)
})

test.each(tried)('$file › $name', ({ file, name }) => {
  expect(existsSync(join(root, file)), `${file} is gone`).toBe(true)
  expect(hasTest(file, name), `${file} has no test "${name}"`).toBe(true)
})

test('a test that is gone is missed', () => {
  const [first] = tried
  expect(hasTest(first?.file ?? '', `${first?.name}s`)).toBe(false)
  expect(hasTest('tools/securityDocument.test.ts', 'a test that nobody wrote')).toBe(false)
})

test('commands and scripts that it tells to use are there', () => {
  const camel = (word: string) => word.replace(/-./g, (pair) => pair.slice(1).toUpperCase())
  const commands = [...text.matchAll(/`tender ([a-z-]+)(?: ([a-z-]+))?/g)]
  expect(commands.length).toBeGreaterThan(10)
  for (const [told, first = '', second = ''] of commands) {
    const paths = [`${camel(first)}.ts`, `${camel(first)}/${camel(second)}.ts`]
    const found = paths.some((path) => existsSync(join(root, 'apps/cli/src/commands', path)))
    expect(found, told).toBe(true)
  }
  const scripts = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts
  for (const [, name = ''] of text.matchAll(/npm run (\w+)/g)) expect(scripts, name).toHaveProperty(name)
})
