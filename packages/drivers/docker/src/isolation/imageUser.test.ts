import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { imageUser } from './imageUser.ts'
import { noEngine, startTestEngine, TEST_IMAGE, type TestEngine } from './testEngine.ts'

const soon = () => AbortSignal.timeout(60_000)

describe.skipIf(noEngine)('the user of an image', () => {
  let host: TestEngine
  beforeAll(async () => {
    host = await startTestEngine()
    await host.load('tender-test:logs', [{ name: 'etc/group', content: 'logs:x:1001:web\n' }], ['USER 12:logs'])
    // A list of users that leads elsewhere is none.
    await host.load('tender-test:link', [{ name: 'etc/passwd', link: '/proc/self/environ' }], ['USER web'])
  })
  afterAll(() => host.close())

  test.each([
    [undefined, { uid: 0, gid: 0 }],
    ['0', { uid: 0, gid: 0 }],
    ['1000:5', { uid: 1000, gid: 5 }],
    ['web', { uid: 1000, gid: 1000 }],
    ['1000', { uid: 1000, gid: 1000 }],
    ['777', { uid: 777, gid: 0 }],
    ['web:logs', { uid: 1000, gid: 1001 }],
    ['web:7', { uid: 1000, gid: 7 }],
  ])('%s', async (user, owner) => {
    expect(await imageUser(host.engine, TEST_IMAGE, user, soon())).toEqual(owner)
  })

  test('is its own when the service names none', async () => {
    expect(await imageUser(host.engine, 'tender-test:logs', undefined, soon())).toEqual({ uid: 12, gid: 1001 })
  })

  test('that it does not know is told, and nothing is left behind', async () => {
    const unknown = { code: 'unknownUser', class: 'user' }
    await expect(imageUser(host.engine, TEST_IMAGE, 'nobody', soon())).rejects.toMatchObject(unknown)
    await expect(imageUser(host.engine, 'tender-test:link', undefined, soon())).rejects.toMatchObject(unknown)
    expect(await host.engine.listContainers({ all: true })).toEqual([])
  })
})
