import type { Hex } from 'viem'
import { expect, test } from 'vitest'
import { capacityTag, capacityTagSync } from './capacityTag.ts'

const nonce: Hex = `0x${'11'.repeat(32)}`
const resource: Hex = `0x${'22'.repeat(32)}`
const task = { nonce, resource, memoryKib: 64, passes: 1 }

test('a tag is of one unit, provider, class and nonce alone, however it is worked out', async () => {
  const unit = { task, provider: 7n, unit: 0 }
  const tag = await capacityTag(unit)
  expect(tag).toBe(capacityTagSync(unit))
  const others = [
    { ...unit, unit: 1 },
    { ...unit, provider: 8n },
    { ...unit, task: { ...task, resource: nonce } },
    { ...unit, task: { ...task, nonce: resource } },
    { ...unit, task: { ...task, memoryKib: 128 } },
    { ...unit, task: { ...task, passes: 2 } },
  ]
  const tags = others.map(capacityTagSync)
  expect(new Set([tag, ...tags]).size).toBe(others.length + 1)
})
