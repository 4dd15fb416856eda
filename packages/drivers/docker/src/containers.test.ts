import { expect, test } from 'vitest'
import { lookAtOne } from './containers.ts'
import type { Engine } from './engine.ts'

const NEVER = '0001-01-01T00:00:00Z'

/** An engine that says this of a container, one after the other. */
function engineThatSays(...states: { ExitCode: number; OOMKilled: boolean; FinishedAt: string }[]): {
  engine: Engine
  asked(): number
} {
  let asked = 0
  const inspect = async () => ({
    ...{ Id: 'id', Name: '/web', Config: {} },
    State: { Status: 'exited', Running: false, Restarting: false, StartedAt: NEVER, Error: 'x', ...states[asked++] },
  })
  // CAST: nothing else is asked of it here
  const engine = { calls: { getContainer: () => ({ inspect }) } } as unknown as Engine
  return { engine, asked: () => asked }
}

test('that memory ran out may be told after the end', async () => {
  const FinishedAt = new Date().toISOString()
  const { engine, asked } = engineThatSays(
    { ExitCode: 137, OOMKilled: false, FinishedAt },
    { ExitCode: 137, OOMKilled: true, FinishedAt },
  )
  expect(await lookAtOne(engine, 'web')).toMatchObject({ exitCode: 137, outOfMemory: true })
  expect(asked()).toBe(2)
})

test.each([
  ['what was killed a while ago', { ExitCode: 137, OOMKilled: false, FinishedAt: NEVER }],
  ['what ended otherwise', { ExitCode: 1, OOMKilled: false, FinishedAt: new Date().toISOString() }],
])('%s is looked at once', async (_, state) => {
  const { engine, asked } = engineThatSays(state)
  expect(await lookAtOne(engine, 'web')).toMatchObject({ exitCode: state.ExitCode, outOfMemory: false })
  expect(asked()).toBe(1)
})
