import { createServer } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { afterEach, expect, test } from 'vitest'
import { startRpcGate } from './rpcGate.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (let next = cleanups.pop(); next; next = cleanups.pop()) await next()
})

/** A chain that answers with what it was asked. */
async function startEcho(): Promise<string> {
  const server = createServer(async (request, response) => {
    response.end(`echo ${await buffer(request)}`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(async () => server.close())
  const address = server.address()
  return typeof address === 'object' ? `http://127.0.0.1:${address?.port}` : ''
}

async function startGate(target: string) {
  const gate = await startRpcGate({ target, host: '127.0.0.1' })
  cleanups.push(gate.close)
  const ask = async (body: string) => {
    const told = await fetch(gate.url, { method: 'POST', body })
    return `${told.status} ${await told.text()}`
  }
  return { gate, ask }
}

test('all passes until a rule stands in, rules stand upon each other, and each is taken away by itself', async () => {
  const { gate, ask } = await startGate(await startEcho())
  expect(await ask('1')).toBe('200 echo 1')
  const lower = gate.intercept(async (body, pass) => pass(`${body} lower`))
  const upper = gate.intercept(async (body, pass) => ({ ...(await pass(`${body} upper`)), status: 503 }))
  expect(await ask('1')).toBe('503 echo 1 upper lower')
  lower()
  expect(await ask('1')).toBe('503 echo 1 upper')
  upper()
  upper()
  expect(await ask('1')).toBe('200 echo 1')
})

test('a connection that is dropped has no answer, nor has one while the chain is down', async () => {
  const { gate, ask } = await startGate(await startEcho())
  const undo = gate.intercept(async () => 'drop')
  await expect(ask('1')).rejects.toThrow('fetch failed')
  undo()
  expect(await ask('1')).toBe('200 echo 1')
  const nobody = await startGate('http://127.0.0.1:1')
  await expect(nobody.ask('1')).rejects.toThrow('fetch failed')
})
