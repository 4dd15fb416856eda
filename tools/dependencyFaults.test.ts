import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { dependencyFaults, type LockedPackage, type LockedPackages } from './dependencyFaults.ts'

const good: LockedPackage = { version: '1.2.3', integrity: `sha512-${'A'.repeat(86)}==`, license: 'MIT' }

/** What is wrong with one fetched package, or with what a workspace asks for. */
function faults(over: Partial<LockedPackage>, allowScripts: Readonly<Record<string, boolean>> = {}): string[] {
  const { integrity, ...rest } = { ...good, ...over }
  return dependencyFaults({ 'node_modules/one': integrity ? { ...rest, integrity } : rest }, allowScripts)
}

test('a package of the list, bound to its content, has nothing wrong', () => {
  expect(faults({})).toEqual([])
  expect(faults({ resolved: 'https://example.org/one-1.2.3.tgz' })).toEqual([])
})

test('versions are exact, and the project’s own are whatever there is', () => {
  const asks = (name: string, version: string) =>
    dependencyFaults({ 'apps/cli': { dependencies: { [name]: version } } } satisfies LockedPackages, {})
  for (const version of ['1.2.3', '1.0.0-beta.2']) expect(asks('one', version)).toEqual([])
  for (const version of ['^1.2.3', '~1.2.3', '*', '1.x', 'latest', '>=1', 'github:a/b', 'file:../b']) {
    expect(asks('one', version), version).toEqual([expect.stringContaining(`one ${version}`)])
  }
  expect(asks('@tender/kit', '*')).toEqual([])
  expect(asks('@tender/kit', '1.0.0')).toHaveLength(1)
})

test('what has no hash, or a weak one, or comes from elsewhere is refused', () => {
  expect(faults({ integrity: '' })).toEqual([expect.stringContaining('no SHA-512')])
  expect(faults({ integrity: 'sha1-AAAAAAAAAAAAAAAAAAAAAAAAAAA=' })).toHaveLength(1)
  expect(faults({ resolved: 'git+ssh://git@example.org/one.git' })).toEqual([expect.stringContaining('the registry')])
})

test('without a hash is only what would never run where checks and images run', () => {
  const platform = (over: Partial<LockedPackage>) => faults({ integrity: '', optional: true, ...over })
  expect(platform({ os: ['darwin'], cpu: ['x64'] })).toEqual([])
  expect(platform({ os: ['linux'], cpu: ['arm64'] })).toEqual([])
  expect(platform({ os: ['linux'], cpu: ['x64'], libc: ['musl'] })).toEqual([])
  expect(platform({ os: ['linux'], cpu: ['x64'] })).toHaveLength(1)
  expect(platform({ os: ['linux'], cpu: ['x64'], libc: ['glibc'] })).toHaveLength(1)
  expect(platform({})).toHaveLength(1)
  expect(platform({ os: ['darwin'], optional: false })).toHaveLength(1)
})

test('a script that runs at installation was judged, and who has none is not named', () => {
  expect(faults({ hasInstallScript: true })).toEqual([expect.stringContaining('allowScripts')])
  expect(faults({ hasInstallScript: true }, { one: true })).toEqual([])
  expect(faults({ hasInstallScript: true }, { one: false })).toEqual([])
  expect(faults({}, { one: true })).toEqual([expect.stringContaining('take it out')])
})

test.each([
  ['Apache-2.0', true],
  ['(BSD-3-Clause OR GPL-2.0)', true],
  ['MIT AND ISC AND BSD-3-Clause', true],
  ['(MIT AND Zlib)', true],
  ['GPL-3.0', false],
  ['MIT AND GPL-3.0', false],
  ['AGPL-3.0-only OR SSPL-1.0', false],
  ['UNLICENSED', false],
])('licence %s', (license, allowed) => {
  expect(faults({ license })).toHaveLength(allowed ? 0 : 1)
})

test('a licence that nobody knows is refused', () => {
  const { license: _, ...unknown } = good
  expect(dependencyFaults({ 'node_modules/one': unknown }, {})).toEqual([expect.stringContaining('nobody knows')])
  expect(dependencyFaults({ 'node_modules/ssh2': unknown }, {})).toEqual([])
})

test('this project keeps to it, and npm is told to run no script that nobody judged', () => {
  const root = join(import.meta.dirname, '..')
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const { allowScripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  expect(dependencyFaults(packages, allowScripts)).toEqual([])
  expect(readFileSync(join(root, '.npmrc'), 'utf8')).toContain('strict-allow-scripts=true')
})
