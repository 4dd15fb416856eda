import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { secretKey } from './host.ts'

test('all who ask for the key at once get the same, whatever a killed process left', async () => {
  const memoryDir = mkdtempSync(join(tmpdir(), 'tender-key-'))
  onTestFinished(() => rmSync(memoryDir, { recursive: true }))
  writeFileSync(join(memoryDir, 'key-0123456789abcdef'), '')
  const keys = await Promise.all(Array.from({ length: 20 }, () => secretKey({ memoryDir })))
  expect(new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size).toBe(1)
  expect(keys[0]).toHaveLength(32)
  expect(readdirSync(memoryDir).sort()).toEqual(['key', 'key-0123456789abcdef'])
})
