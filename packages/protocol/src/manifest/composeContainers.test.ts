import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InvalidInputError } from '../errors.ts'
import { file, issuesOf, parse, tender } from './testCompose.ts'

/** The one service of such a file, and what was said about it. */
function web(service: string, top?: string) {
  const parsed = parse(file(service, top))
  const [one] = Object.values(parsed.services)
  if (!one) throw new Error('no service')
  return { ...one, parsed }
}

const notesOf = (text: string) => parse(text).notes.map(({ line, path, message }) => `${line} ${path}: ${message}`)

const shop = `
name: shop
services:
  web:
    image: nginx:1.29
    platform: linux/amd64
    entrypoint: /bin/web --quiet
    command: [serve, --title, two words]
    environment: { GREETING: hi, PRICE: $$5 }
    env_file:
      - ./a.env
      - { path: ./b.env, required: false }
    ports:
      - 8080
      - { target: 8443, app_protocol: tls }
    depends_on:
      db: { condition: service_healthy }
      init: { condition: service_completed_successfully }
    healthcheck: { test: [CMD, /bin/ok, now], interval: 5s, timeout: 500ms, retries: 2, start_period: 1m30s }
    configs: [motto, { source: page, target: /srv/page.html, mode: 0440 }]
    secrets: [token, { source: key, target: tls.key, mode: "0400" }]
    volumes: [data:/data:ro, { type: tmpfs, target: /cache, tmpfs: { size: 16m } }]
    tmpfs: [/run]
    shm_size: 32m
    read_only: true
    init: true
    restart: on-failure:3
    deploy:
      replicas: 2
      resources: { limits: { cpus: 0.5, memory: 256m } }
    working_dir: /app
    user: 1000:1000
    stop_signal: INT
    stop_grace_period: 1m
  db:
    image: ghcr.io/acme/db@sha256:${'ab'.repeat(32)}
    volumes: [data:/data, { type: volume, source: wal, target: /wal, read_only: true }]
    networks: [default]
  init: { image: ./init.tar, depends_on: [db], volumes: ["data:/data"] }
volumes:
  data: { x-tender: { size: 10GiB }, driver: local }
  wal:
networks: { default: }
configs:
  motto: { content: "be brief\\n" }
  page: { file: ./page.html }
secrets:
  token: { environment: TOKEN }
  key: { file: ./key.pem }
x-tender: { max-price: 1 USDC/h, network: internet }
`.trimStart()

test('a whole file of containers is understood', () => {
  const parsed = parse(shop)
  expect(parsed).toMatchObject({
    name: 'shop',
    driver: 'docker',
    tender: { network: 'internet' },
    volumes: [
      { name: 'data', sizeBytes: 10 * 1024 ** 3 },
      { name: 'wal', sizeBytes: 1024 ** 3 },
    ],
    secrets: { token: { variable: 'TOKEN' }, key: { file: './key.pem' } },
    variables: [],
    files: [
      { role: 'image', path: './init.tar', required: true },
      { role: 'envFile', path: './a.env', required: true },
      { role: 'envFile', path: './b.env', required: false },
      { role: 'config', path: './page.html', required: true },
    ],
  })
  expect(parsed.services.web).toEqual({
    image: { kind: 'registry', reference: 'docker.io/library/nginx:1.29' },
    args: ['serve', '--title', 'two words'],
    env: { GREETING: 'hi', PRICE: '$5' },
    envFiles: [
      { path: './a.env', required: true },
      { path: './b.env', required: false },
    ],
    ports: [
      { target: 8080, protocol: 'http', published: undefined },
      { target: 8443, protocol: 'tls', published: undefined },
    ],
    cpuMillis: 500,
    memoryBytes: 256 * 1024 ** 2,
    replicas: 2,
    gpus: 0,
    container: {
      entrypoint: ['/bin/web', '--quiet'],
      workingDirectory: '/app',
      user: '1000:1000',
      healthcheck: {
        command: ['/bin/ok', 'now'],
        intervalMs: 5000,
        timeoutMs: 500,
        retries: 2,
        startPeriodMs: 90_000,
      },
      dependsOn: { db: 'healthy', init: 'completed' },
      restart: { when: 'failed', maxRetries: 3 },
      volumes: [{ volume: 'data', path: '/data', readOnly: true }],
      tmpfs: [
        { path: '/cache', sizeBytes: 16 * 1024 ** 2 },
        { path: '/dev/shm', sizeBytes: 32 * 1024 ** 2 },
        { path: '/run', sizeBytes: 64 * 1024 ** 2 },
      ],
      files: [
        { path: '/motto', mode: 0o444, source: { content: 'be brief\n' } },
        { path: '/srv/page.html', mode: 0o440, source: { file: './page.html' } },
      ],
      secrets: [
        { name: 'key', path: '/run/secrets/tls.key', mode: 0o400 },
        { name: 'token', path: '/run/secrets/token', mode: 0o444 },
      ],
      stopSignal: 'SIGINT',
      stopGraceMs: 60_000,
    },
  })
  expect(parsed.services.db?.container?.volumes?.map(({ readOnly }) => readOnly)).toEqual([false, true])
  expect(parsed.services.init?.container?.dependsOn).toEqual({ db: 'started' })
  expect(parsed.notes.map(({ line, path }) => [line, path])).toEqual([[4, 'services.web.image']])
})

test('a container needs no more than an image', () => {
  expect(web('')).toMatchObject({
    image: { kind: 'file', path: './app.tar' },
    args: [],
    env: {},
    ports: [],
    cpuMillis: 1000,
    memoryBytes: 512 * 1024 ** 2,
    replicas: 1,
    container: { files: [] },
  })
  expect(web('').parsed.tender.network).toBeUndefined()
})

describe('a container has', () => {
  test.each<[string, string, object]>([
    ['a command in words', 'command: a "b c"', { args: ['a', 'b c'] }],
    ["the image's command", 'command:', { args: [] }],
    [
      'its command for its program',
      'entrypoint: []\n    command: [a, b]',
      { args: [], container: { entrypoint: ['a', 'b'] } },
    ],
    [
      'a shell for its health',
      'healthcheck: { test: curl x }',
      { container: { healthcheck: { command: ['/bin/sh', '-c', 'curl x'] } } },
    ],
    [
      'a named shell for it',
      'healthcheck: { test: [CMD-SHELL, "a | b"] }',
      { container: { healthcheck: { command: ['/bin/sh', '-c', 'a | b'] } } },
    ],
    [
      "Compose's own times of health",
      'healthcheck: { test: a }',
      { container: { healthcheck: { intervalMs: 30_000, timeoutMs: 30_000, retries: 3, startPeriodMs: 0 } } },
    ],
    ['no check of its health', 'healthcheck: { disable: true }', { container: { healthcheck: 'none' } }],
    ['no check in other words', 'healthcheck: { test: [NONE], interval: 5s }', { container: { healthcheck: 'none' } }],
    ['a number for its user', 'user: 1000', { container: { user: '1000' } }],
    ['a signal in full', 'stop_signal: SIGRTMIN+3', { container: { stopSignal: 'SIGRTMIN+3' } }],
    ['restart: always', 'restart: always', { container: { restart: { when: 'always' } } }],
    ['restart: unless-stopped', 'restart: unless-stopped', { container: { restart: { when: 'always' } } }],
    ['restart: on-failure', 'restart: on-failure', { container: { restart: { when: 'failed' } } }],
    [
      'a restart policy',
      'deploy: { restart_policy: { condition: on-failure, max_attempts: 5 } }',
      { container: { restart: { when: 'failed', maxRetries: 5 } } },
    ],
    ['a policy without a condition', 'deploy: { restart_policy: {} }', { container: { restart: { when: 'always' } } }],
    ['scale', 'scale: 3', { replicas: 3 }],
    ['limits of its own', 'cpus: 2\n    mem_limit: 1g', { cpuMillis: 2000, memoryBytes: 1024 ** 3 }],
    ['a port of TCP', 'ports: [{ target: 5432, app_protocol: tcp }]', { ports: [{ target: 5432, protocol: 'tcp' }] }],
    ['one file of variables', 'env_file: ./a.env', { envFiles: [{ path: './a.env', required: true }] }],
    [
      'one with its options',
      'env_file: { path: ./a.env, required: false }',
      { envFiles: [{ path: './a.env', required: false }] },
    ],
    [
      'one tmpfs, sized',
      'tmpfs: /run:size=1m,mode=1777',
      { container: { tmpfs: [{ path: '/run', sizeBytes: 1024 ** 2 }] } },
    ],
    [
      'a tmpfs no larger than its memory',
      'tmpfs: /run\n    mem_limit: 8m',
      { container: { tmpfs: [{ path: '/run', sizeBytes: 8 * 1024 ** 2 }] } },
    ],
    ['what changes nothing', 'privileged: false\n    security_opt: [no-new-privileges:true]', {}],
    ['an empty list of networks', 'networks: { default: }', {}],
  ])('%s', (_, service, expected) => expect(web(`    ${service}`)).toMatchObject(expected))

  test.each(['"no"', 'no', 'false'])('restart: %s, which is none', (written) => {
    expect(web(`    restart: ${written}`).container?.restart).toBeUndefined()
  })

  test('an octal mode however it is written', () => {
    for (const mode of ['0440', '"0440"', '0o440'])
      expect(
        web(`    configs: [{ source: a, mode: ${mode} }]`, `configs: { a: { content: x } }\n${tender}`).container
          ?.files[0]?.mode,
      ).toBe(0o440)
  })

  test('a GPU, and then its lease is counted in them', () => {
    const device = '{ driver: nvidia, capabilities: [gpu], count: 2 }'
    const service = `    deploy: { resources: { reservations: { devices: [${device}] } } }`
    const top = 'x-tender: { max-price: 1 USDC/h, resource: gpu.nvidia.h100-80gb }'
    expect(web(service, top).gpus).toBe(2)
    expect(issuesOf(file(service))).toEqual([
      expect.stringMatching(
        /^4:28 services\.web\.deploy\.resources\.reservations: the file needs two resource classes/,
      ),
    ])
    expect(issuesOf(file('', top))).toEqual([
      expect.stringMatching(/^4:34 x-tender\.resource: no service reserves a GPU of gpu\.nvidia/),
    ])
    const two = file(service, `  side: { image: ./app.tar }\n${top}`)
    expect(notesOf(two)).toEqual([expect.stringMatching(/^4 .*every service of the lease sees its GPUs/)])
  })
})

test.each<[string, string, string?]>([
  ['services.web.labels', 'labels: { a: b }'],
  ['services.web.annotations', 'annotations: [a=b]'],
  ['services.web.container_name', 'container_name: me'],
  ['services.web.hostname', 'hostname: me'],
  ['services.web.domainname', 'domainname: me'],
  ['services.web.expose', 'expose: [80]'],
  ['services.web.logging', 'logging: { driver: json-file }'],
  ['services.web.tty', 'tty: true'],
  ['services.web.stdin_open', 'stdin_open: true'],
  ['services.web.attach', 'attach: false'],
  ['services.web.pull_policy', 'pull_policy: always'],
  ['services.web.cap_drop', 'cap_drop: [ALL]'],
  ['services.web.mem_reservation', 'mem_reservation: 1g'],
  ['services.web.ports.0', 'ports: ["80:8080"]'],
  ['services.web.ports.0.mode', 'ports: [{ target: 80, mode: host }]'],
  ['services.web.ports.0.host_ip', 'ports: [{ target: 80, host_ip: 127.0.0.1 }]'],
  ['services.web.healthcheck.start_interval', 'healthcheck: { test: a, start_interval: 1s }'],
  ['services.web.deploy.labels', 'deploy: { labels: { a: b } }'],
  ['services.web.deploy.update_config', 'deploy: { update_config: { parallelism: 1 } }'],
  ['services.web.deploy.rollback_config', 'deploy: { rollback_config: { parallelism: 1 } }'],
  ['services.web.deploy.restart_policy.delay', 'deploy: { restart_policy: { delay: 5s } }'],
  ['services.web.deploy.restart_policy.window', 'deploy: { restart_policy: { window: 5s } }'],
  ['services.web.deploy.resources.limits.pids', 'deploy: { resources: { limits: { pids: 5 } } }'],
  ['services.web.deploy.resources.reservations.cpus', 'deploy: { resources: { reservations: { cpus: 1 } } }'],
  ['services.web.deploy.resources.reservations.memory', 'deploy: { resources: { reservations: { memory: 1g } } }'],
  ['services.web.x-color', 'x-color: red'],
  ['services.web.deploy.x-color', 'deploy: { x-color: red }'],
  ['version', '', 'version: "3.8"'],
  ['x-mine', '', 'x-mine: 1'],
  ['volumes.data', '', 'volumes: { data: }'],
  ['secrets.token', '', 'secrets: { token: { file: ./t } }'],
  ['configs.motto', '', 'configs: { motto: { content: x } }'],
  ['volumes.data.name', 'volumes: [data:/data]', 'volumes: { data: { name: other } }'],
  ['volumes.data.x-mine', 'volumes: [data:/data]', 'volumes: { data: { x-mine: 1 } }'],
  ['secrets.token.name', 'secrets: [token]', 'secrets: { token: { file: ./t, name: other } }'],
])('%s has no effect, and a note says so', (path, service, top) => {
  const notes = parse(file(service && `    ${service}`, top ? `${top}\n${tender}` : tender)).notes
  expect(notes.map((note) => note.path)).toEqual([path])
  expect(notes[0]?.line).toBe(service && top ? 5 : 4)
  expect(notes[0]?.message).toMatch(/has no effect|Tender does not read/)
})

test('whatever the text, it is understood or refused as bad input', () => {
  const lines = shop.split('\n')
  const piece = fc.constantFrom(
    '    volumes: [a:/b]',
    '    x:',
    '- ',
    '{',
    '}',
    '[',
    ']',
    ': ',
    '&a ',
    '*a',
    '    <<: *a',
    '"',
    '0',
    '~',
    '$',
    '  a:',
    'secrets:',
  )
  const mutated = fc
    .tuple(fc.nat(lines.length), fc.nat(3), fc.array(piece, { maxLength: 4 }))
    .map(([at, removed, added]) => lines.toSpliced(at, removed, added.join('')).join('\n'))
  fc.assert(
    fc.property(mutated, (text) => {
      try {
        parse(text)
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidInputError)
      }
    }),
    { numRuns: 300 },
  )
})
