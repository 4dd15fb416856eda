import { expect, test } from 'vitest'
import { describeExit } from './describeExit.ts'
import * as entry from './index.ts'
import type { Capabilities } from './types.ts'
import { unsupported } from './unsupported.ts'

test('the entry exports what it says', () => {
  expect(Object.keys(entry)).toMatchInlineSnapshot(`
    [
      "describeExit",
      "isContainerDriver",
      "isRouting",
      "BadHandleError",
      "NotServingError",
      "PathNotFoundError",
      "StartFailedError",
      "UnsupportedWorkloadError",
      "UpdateFailedError",
      "WorkloadNotFoundError",
      "bundledBlob",
      "comparisonSpec",
      "jobTaskSpec",
      "isTaskDriver",
      "taskExit",
      "MAX_TASK_LOG_BYTES",
      "unsupported",
    ]
  `)
})

test('every end has words', () => {
  expect(describeExit({ kind: 'exited', code: 0 })).toBe('ran to its end')
  expect(describeExit({ kind: 'exited', code: 3 })).toBe('exited with code 3')
  expect(describeExit({ kind: 'killed', by: 'time', detail: 'ran longer than 500 ms' })).toBe(
    'killed (time): ran longer than 500 ms',
  )
  expect(describeExit({ kind: 'invalid', detail: 'not a Wasm module' })).toBe('cannot be run: not a Wasm module')
})

test('says why capabilities exclude a workload', () => {
  const capabilities: Capabilities = {
    platforms: ['wasi/wasm'],
    shapes: ['http'],
    maxServices: 1,
    maxReplicas: 2,
    routing: true,
    containers: false,
    tasks: false,
  }
  const web = {
    name: 'web',
    shape: 'http',
    image: { kind: 'file', path: '/a' },
    args: [],
    environment: {},
    replicas: 2,
  } as const
  expect(unsupported(capabilities, { services: [web] })).toBeUndefined()
  expect(unsupported(capabilities, { services: [] })).toBe('it has no service')
  expect(unsupported(capabilities, { services: [web, web] })).toBe('it has 2 services, the most is 1')
  expect(unsupported(capabilities, { services: [{ ...web, replicas: 3 }] })).toBe(
    'service web asks 3 replicas, the most is 2',
  )
  expect(unsupported(capabilities, { services: [{ ...web, shape: 'command' }] })).toBe(
    'service web is of shape command',
  )
})
