import type { Handle, LogLine } from '@tender/driver'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestKit, DEADLINE_MS, soon } from './testKit.ts'

const kit = createTestKit()
afterAll(() => kit.close())

describe('an http service', { timeout: DEADLINE_MS }, () => {
  let handle: Handle
  /** Whose requests have little time. */
  let hurried: Handle
  let neighbour: Handle
  beforeAll(async () => {
    handle = await kit.start(kit.spec('handler', 'http'))
    hurried = await kit.start(kit.spec('handler', 'http', { requestMs: 5_000 }))
    neighbour = await kit.start(kit.spec('handler', 'http'))
  }, DEADLINE_MS)
  const logged = async (of: Handle): Promise<LogLine[]> => Array.fromAsync(kit.driver.logs(of, {}, soon()))

  test.each([
    ['loops for ever', '/l', 504, 'time'],
    ['traps', '/t', 502, 'unreachable'],
    ['recurses for ever', '/r', 502, 'call stack'],
    ['allocates without end', '/m', 502, 'memory'],
    ['floods its answer', '/f', 502, 'output'],
    ['floods its log', '/e', 502, 'output'],
    ['answers without headers', '/n', 502, 'empty line'],
    ['exits with a code', '/x', 502, 'code 3'],
  ])('that %s loses that request alone', async (_, path, status, why) => {
    const neighbours = Array.from({ length: 5 }, () => kit.ask(neighbour, '/h'))
    const asked = why === 'time' ? hurried : handle
    expect((await kit.ask(asked, path)).status).toBe(status)
    expect(await (await kit.ask(asked, '/h')).text()).toBe('hello')
    for (const response of neighbours) expect((await response).status).toBe(200)
    await expect.poll(async () => (await logged(asked)).map(({ text }) => text).join('\n')).toMatch(`GET ${path}: `)
    expect(
      (await logged(asked)).find(({ stream, text }) => stream === 'system' && text.startsWith(`GET ${path}: `))?.text,
    ).toMatch(why)
  })

  test('gets a fresh instance for each request', async () => {
    for (let i = 0; i < 3; i++) expect(await (await kit.ask(handle, '/c')).text()).toBe('1')
  })

  test('finds its request in the environment and nothing else', async () => {
    const headers = { 'x-colour': 'green', proxy: 'http://evil', 'content-type': 'text/x-test' }
    const response = await kit.ask(handle, '/v/w?a=b', { method: 'POST', body: 'four', headers })
    const variables = new Map(
      (await response.text()).split('\0').map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]),
    )
    expect(Object.fromEntries(variables)).toMatchObject({
      GREETING: 'hi',
      TENDER_LEASE: handle.leaseId,
      REQUEST_METHOD: 'POST',
      PATH_INFO: '/v/w',
      QUERY_STRING: 'a=b',
      CONTENT_LENGTH: '4',
      CONTENT_TYPE: 'text/x-test',
      HTTP_X_COLOUR: 'green',
      SERVER_PROTOCOL: 'HTTP/1.1',
    })
    for (const name of ['HTTP_PROXY', 'HTTP_X_TENDER_TOKEN', 'PATH', 'HOME']) expect(variables.has(name)).toBe(false)
    const { headers: secret } = await kit.endpoint(handle)
    expect([...variables.values()].some((value) => Object.values(secret).includes(value))).toBe(false)
  })

  test('reads the body on standard input, up to a limit', async () => {
    expect(await (await kit.ask(handle, '/b', { method: 'POST', body: 'ping' })).text()).toBe('ping')
    const tooLarge = new Uint8Array(9 * 2 ** 20)
    const refused = kit.ask(handle, '/b', { method: 'POST', body: tooLarge }).then(
      ({ status }) => status,
      // The server closes while we still send; which of the two we see first is chance.
      () => 413,
    )
    expect(await refused).toBe(413)
    expect((await kit.ask(handle, '/h')).status).toBe(200)
  })

  test('answers the ingress only', async () => {
    const { host, port } = await kit.endpoint(handle)
    const ask = (headers: Record<string, string>) => fetch(`http://${host}:${port}/h`, { headers, signal: soon() })
    expect((await ask({})).status).toBe(403)
    expect((await ask({ 'x-tender-token': 'guess' })).status).toBe(403)
    expect((await ask({ 'x-tender-token': '0'.repeat(64) })).status).toBe(403)
  })

  test('may sleep, and logs what it writes to standard error', async () => {
    expect((await kit.ask(handle, '/s')).status).toBe(200)
    expect((await kit.ask(handle, '/d')).status).toBe(200)
    const line = { stream: 'stderr', text: 'log', service: 'web' }
    await expect.poll(() => logged(handle)).toContainEqual(expect.objectContaining(line))
  })

  test('gives memory back between requests', async () => {
    // 20 instances of 40 MiB would be far over the process's limit, if they stayed.
    for (let i = 0; i < 20; i++) expect((await kit.ask(neighbour, '/g')).status).toBe(200)
    expect(await kit.driver.inspect(neighbour)).toEqual({ state: 'running' })
  })

  test('finishes what it has begun when it is stopped', async () => {
    const stopped = await kit.start(kit.spec('handler', 'http'))
    const slow = kit.ask(stopped, '/s')
    await expect.poll(async () => (await kit.ask(stopped, '/h')).status).toBe(200)
    await kit.driver.stop(stopped, { graceMs: 5_000 })
    expect((await slow).status).toBe(200)
    expect(await kit.driver.inspect(stopped)).toMatchObject({ result: { reason: { kind: 'stopped' } } })
  })
})
