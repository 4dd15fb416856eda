import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compareRuntime, differing, type Fingerprint, type Fingerprints } from './bytecode.ts'

const repository = join(import.meta.dirname, '..')

// Of `aabb00000000cc`: `printf '\xaa\xbb\0\0\0\0\xcc' | sha256sum`.
const fingerprint: Fingerprint = {
  creationSha256: '00',
  runtimeSha256: '28030ec14cb55657f2d0daf1d343c9563e4044e91f4a9a059824363915c9aeb2',
  runtimeBytes: 7,
  immutables: [
    [2, 2],
    [4, 2],
  ],
}

test('code is recognised whatever its constructor wrote, which is told once', () => {
  expect(compareRuntime('0xaabb12341234cc', fingerprint)).toEqual({ same: true, values: ['1234'] })
  expect(compareRuntime('0xaabb12345678cc', fingerprint)).toEqual({ same: true, values: ['1234', '5678'] })
})

test('one other byte, another length and no code at all are not the contract', () => {
  for (const code of ['0xaabb12341234cd', '0xaabb12341234', '0xaabb12341234cc00', '0x']) {
    expect(compareRuntime(code, fingerprint).same).toBe(false)
  }
})

test('contracts that changed, came or went are named', () => {
  const other = { ...fingerprint, runtimeBytes: 8 }
  const wanted = { same: fingerprint, changed: fingerprint, gone: fingerprint }
  expect(differing({ same: fingerprint, changed: other, come: fingerprint }, wanted)).toEqual([
    'changed',
    'come',
    'gone',
  ])
})

test('the compiler writes nothing of its own into the code that would differ elsewhere', () => {
  const settings = readFileSync(join(repository, 'contracts/foundry.toml'), 'utf8')
  expect(settings).toMatch(/^bytecode_hash = "none"$/m)
  expect(settings).toMatch(/^cbor_metadata = false$/m)
})

test('the published bytecode is what the committed fingerprints are of', () => {
  // CAST: written by the tool itself.
  const committed = JSON.parse(readFileSync(join(repository, 'contracts/bytecode.json'), 'utf8')) as Fingerprints
  for (const [name, { creationSha256 }] of Object.entries(committed)) {
    const source = readFileSync(join(repository, `packages/abi/src/generated/${name}.ts`), 'utf8')
    const [, code = ''] = /Bytecode = '0x([0-9a-f]+)'/.exec(source) ?? []
    expect(createHash('sha256').update(Buffer.from(code, 'hex')).digest('hex'), name).toBe(creationSha256)
  }
})
