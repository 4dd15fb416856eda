import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { createFakeDriver, createFakeHost } from './fake.ts'
import { unfaithful } from './testUnfaithful.ts'

const signal = AbortSignal.timeout(60_000)

test('an unfaithful driver says that its workload runs, and lets visitors through only when it likes', async () => {
  const host = createFakeHost({ one: { serves: 'one' } })
  let serves = false
  const { driver, close } = unfaithful(createFakeDriver(host), ({ inspectedMs }) => serves && inspectedMs > 0)
  onTestFinished(async () => {
    close()
    await host.close()
  })
  const web = {
    name: 'web',
    shape: 'http',
    image: { kind: 'file', path: 'one' },
    args: [],
    environment: {},
    replicas: 1,
  } as const
  const limits = { cpuMilli: 1_000, memoryBytes: 0, diskBytes: 0 }
  const handle = await driver.start({ leaseId: '0x1', services: [web], limits }, signal)
  const [endpoint] = await driver.endpoints(handle)
  const visit = () => fetch(`http://127.0.0.1:${endpoint?.port}`, { headers: { connection: 'close' } })
  serves = true
  await expect(visit()).rejects.toThrow('fetch failed')
  expect(await driver.inspect(handle)).toEqual({ state: 'running' })
  expect(await (await visit()).text()).toBe('one')

  // Through a connection that was let through, and is kept.
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(() => agent.destroy())
  const visitAgain = async () => {
    const asking = get({ host: '127.0.0.1', port: endpoint?.port, agent })
    const [answer] = await once(asking, 'response')
    return { text: await text(answer), reused: asking.reusedSocket }
  }
  expect(await visitAgain()).toEqual({ text: 'one', reused: false })
  expect(await visitAgain()).toEqual({ text: 'one', reused: true })
  serves = false
  await expect(visitAgain()).rejects.toThrow('socket hang up')
  await expect(visit()).rejects.toThrow('fetch failed')
})
