import type { Hex } from 'viem'
import { expect, test } from 'vitest'
import { bookOf, soon, startNode } from '../testNetwork.ts'
import { askEvidence, type LeaseEvidence, serveEvidence } from './evidence.ts'

const lease: Hex = `0x${'77'.repeat(32)}`

test('evidence arrives to the letter, or there is none; only the agent gets it', async () => {
  const [agent, provider] = [await startNode(), await startNode()]
  let kept: LeaseEvidence | undefined
  await serveEvidence(provider, { ...bookOf(agent, lease), evidence: async () => kept })
  expect(await askEvidence(agent, provider.contact(), { lease }, soon())).toBeUndefined()
  kept = {
    leaseId: lease,
    reason: 'it ended by itself',
    endedAt: 1_800_000_000,
    exit: 'exited with code 1',
    logTail: ['a line\twith \u001b[31mcolour\u001b[0m', 'x'.repeat(2000)],
  }
  expect(await askEvidence(agent, provider.contact(), { lease }, soon())).toEqual(kept)
  const stranger = await startNode()
  await expect(askEvidence(stranger, provider.contact(), { lease }, soon())).rejects.toMatchObject({ code: 'notAgent' })
})
