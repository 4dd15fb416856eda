import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ServiceSpec } from '@tender/driver'
import { describeDriver } from '@tender/driver/conformance'
import { describeContainers } from '@tender/driver/testContainers'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { createTestKit, noDocker, type TestKit } from './testKit.ts'

let kit: TestKit

describe.skipIf(noDocker)('with a Docker engine', () => {
  beforeAll(async () => {
    kit = await createTestKit()
    writeFileSync(join(kit.folder, 'invalid.tar'), 'no image')
  })
  afterAll(() => kit.close())

  describeDriver('docker', async () => {
    const { script, web } = kit
    const memoryBytes = 32 * 2 ** 20
    const small = (text: string, more: Partial<ServiceSpec> = {}) => script(text, { memoryBytes, ...more })
    return {
      driver: kit.driver,
      reopen: kit.reopen,
      services: {
        succeeds: small('true'),
        exitsWith3: small('exit 3'),
        prints: small('echo one; echo two; echo three'),
        runsForever: small('while :; do :; done'),
        exhaustsMemory: small('a=xxxxxxxxxxxxxxxx; while :; do a=$a$a; done'),
        floods: small('exec yes 0123456789abcdef0123456789abcdef0123456789abcdef'),
        crashes: small('kill -SEGV $$'),
        invalid: small('true', { image: { kind: 'file', path: join(kit.folder, 'invalid.tar') } }),
        serves: web('printf hello > $PAGE'),
      },
      close: async () => {},
    }
  })

  describeContainers('docker', async () => {
    const { web } = kit
    const sick = { command: ['false'], intervalMs: 200, timeoutMs: 5_000, retries: 2, startPeriodMs: 0 }
    const count = 'n=$(cat /data/count || echo 0); n=$((n + 1)); echo $n > /data/count; printf $n > $PAGE'
    const counter = { name: 'counter', volumes: [{ volume: 'data', path: '/data', readOnly: false }] }
    return {
      driver: kit.driver,
      reopen: kit.reopen,
      services: {
        serves: web('printf hello > $PAGE'),
        servesOther: web('printf goodbye > $PAGE'),
        neverHealthy: web('printf hello > $PAGE; echo not yet', { healthcheck: sick }),
        counts: web(count, counter),
        countsNeverHealthy: web(count, { ...counter, healthcheck: sick }),
        says: ['sh', '-c', 'echo out; echo err >&2; exit 4'],
        copies: ['cat'],
        folder: '/tmp',
      },
      close: async () => {},
    }
  })
})

test.skipIf(!noDocker)(`skipped: ${noDocker}`, () => {})
