import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { createTestNode, signedOrder, soon, startNode } from './testNetwork.ts'

test('bootstrap peers are found when they come, and found again when they come back', async () => {
  const first = await startNode()
  const [address] = first.addresses()
  if (!address) throw new Error('no address')
  const node = await startNode({ bootstrap: [address] })
  await node.orders.ready({ signal: soon() })
  await first.stop()
  const listen = [address.replace(/\/p2p\/.*/, '')]
  const again = await startNode({ privateKey: first.privateKey, listen })
  const got = Promise.withResolvers()
  again.orders.listen(got.resolve)
  await again.orders.ready({ signal: soon() })
  await node.orders.publish(await signedOrder(node.address), soon())
  await got.promise
})

test('a taken port is said to be taken', async () => {
  const node = await startNode()
  const listen = node.addresses().map((address) => address.replace(/\/p2p\/.*/, ''))
  const other = await createTestNode({ listen })
  await expect(other.start()).rejects.toMatchObject({ code: 'portTaken', class: 'conflict' })
})

test('an address that is none is refused before anything starts', async () => {
  const wrong = { code: 'invalidInput', class: 'user' }
  await expect(createTestNode({ bootstrap: ['tcp://127.0.0.1:1'] })).rejects.toMatchObject(wrong)
  await expect(createTestNode({ listen: ['4100'] })).rejects.toMatchObject(wrong)
})

test('a process whose node is stopped ends by itself', async () => {
  const script = fileURLToPath(new URL('./stopScript.ts', import.meta.url))
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', (data) => (stderr += data))
  const [code] = await once(child, 'exit', { signal: soon() })
  expect(stderr).toBe('')
  expect(code).toBe(0)
})
