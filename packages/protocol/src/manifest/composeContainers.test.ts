import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InvalidInputError } from '../errors.ts'
import { parseComposeFile } from './composeFile.ts'

const tender = 'x-tender: { max-price: 1 USDC/h }'

/** A file with one container whose further lines (indented by four) and top-level lines are given. */
function file(service: string, top = tender): string {
  return `services:\n  web:\n    image: ./app.tar\n${service}${service && '\n'}${top}\n`
}

const parse = (text: string) => parseComposeFile(text, { file: 'c.yaml' })

/** The one service of such a file, and what was said about it. */
function web(service: string, top?: string) {
  const parsed = parse(file(service, top))
  const [one] = Object.values(parsed.services)
  if (!one) throw new Error('no service')
  return { ...one, parsed }
}

function issuesOf(text: string): string[] {
  try {
    parse(text)
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    return error.issues.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`)
  }
  return []
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

describe('refused with its line and the reason:', () => {
  test.each([
    ['build', /docker build, then write image/],
    ['extends', /write one file/],
    ['profiles', /every service of the file runs/],
    ['develop', /your own machine/],
    ['links', /find each other by their names/],
    ['external_links', /find each other by their names/],
    ['extra_hosts', /find each other by their names/],
    ['dns', /find each other by their names/],
    ['mac_address', /find each other by their names/],
    ['network_mode', /private network of its own/],
    ['volumes_from', /name the volume in both/],
    ['storage_opt', /how large it is/],
    ['ulimits', /the provider sets it/],
    ['pids_limit', /the provider sets it/],
    ['cpu_shares', /the provider sets it/],
    ['memswap_limit', /the provider sets it/],
    ['gpus', /reservations\.devices/],
    ['runtime', /kept apart/],
    ['post_start', /in the image/],
    ['group_add', /in the image/],
    ['cap_add', /gets no hold of a host/],
    ['devices', /gets no hold of a host/],
    ['device_cgroup_rules', /gets no hold of a host/],
    ['pid', /gets no hold of a host/],
    ['ipc', /gets no hold of a host/],
    ['uts', /gets no hold of a host/],
    ['cgroup_parent', /gets no hold of a host/],
    ['userns_mode', /gets no hold of a host/],
    ['sysctls', /gets no hold of a host/],
    ['oom_kill_disable', /gets no hold of a host/],
    ['isolation', /gets no hold of a host/],
    ['use_api_socket', /gets no hold of a host/],
  ])('%s', (key, reason) => {
    const [issue, ...more] = issuesOf(file(`    ${key}: host`))
    expect(more).toEqual([])
    expect(issue).toMatch(new RegExp(`^4:5 services\\.web\\.${key}: ${key} is not supported: `))
    expect(issue).toMatch(reason)
  })

  const at = (path: string) => `services.web.${path}`
  test.each<[string, string, string, RegExp, string?]>([
    ['a misspelt key', 'enviroment: {}', at('enviroment'), /did you mean environment\?/],
    ['an unknown key', 'frobnicate: 1', at('frobnicate'), /is not a key of Compose here$/],
    ['a misspelt key of deploy', 'deploy: { replica: 1 }', at('deploy.replica'), /did you mean replicas\?/],
    [
      'a misspelt key of a health check',
      'healthcheck: { tset: a, test: a }',
      at('healthcheck.tset'),
      /did you mean test\?/,
    ],
    ['another processor', 'platform: linux/arm64', at('platform'), /must be linux\/amd64/],
    ['a privileged container', 'privileged: true', at('privileged'), /must be false/],
    ['a security option', 'security_opt: [seccomp:unconfined]', at('security_opt.0'), /but for no-new-privileges/],
    ['a root that can be written to', 'read_only: false', at('read_only'), /must be true/],
    ['no init', 'init: false', at('init'), /must be true/],
    ['a network of its own', 'networks: [front]', at('networks.0'), /has one private network/],
    [
      'a network with an alias',
      'networks: { default: { aliases: [a] } }',
      at('networks.default'),
      /has one private network/,
    ],
    ['networks at the top', '', 'networks.front', /has one private network/, 'networks: { front: }'],
    ['a bind mount', 'volumes: [./src:/app]', at('volumes.0'), /is a directory of your own machine/],
    [
      'a bind mount at length',
      'volumes: [{ type: bind, source: ., target: /app }]',
      at('volumes.0.type'),
      /directory of your own machine/,
    ],
    ['a volume without a name', 'volumes: [/data]', at('volumes.0'), /has no name/],
    ['a volume that is not declared', 'volumes: [data:/data]', at('volumes.0'), /data is not declared under volumes/],
    ['an option of a volume', 'volumes: [data:/data:z]', at('volumes.0'), /ro or rw/, 'volumes: { data: }'],
    [
      'a volume over the system',
      'volumes: [data:/proc]',
      at('volumes.0'),
      /belongs to the system/,
      'volumes: { data: }',
    ],
    ['a volume for the root', 'volumes: [data:/]', at('volumes.0'), /must be an absolute path/, 'volumes: { data: }'],
    [
      'a part of a volume',
      'volumes: [{ type: volume, source: data, target: /d, volume: { subpath: x } }]',
      at('volumes.0.volume'),
      /mounted as a whole/,
      'volumes: { data: }',
    ],
    [
      'an external volume',
      'volumes: [data:/d]',
      'volumes.data.external',
      /comes along when `tender up`/,
      'volumes: { data: { external: true } }',
    ],
    [
      "a driver's volume",
      'volumes: [data:/d]',
      'volumes.data.driver',
      /must be local/,
      'volumes: { data: { driver: nfs } }',
    ],
    [
      "a driver's options",
      'volumes: [data:/d]',
      'volumes.data.driver_opts',
      /write x-tender: \{ size/,
      'volumes: { data: { driver_opts: { type: nfs } } }',
    ],
    [
      'a volume without a size',
      'volumes: [data:/d]',
      'volumes.data.x-tender.size',
      /is missing: must be a size/,
      'volumes: { data: { x-tender: {} } }',
    ],
    [
      'a misspelt size',
      'volumes: [data:/d]',
      'volumes.data.x-tender.sise',
      /is not a key of Compose here; did you mean size\?/,
      'volumes: { data: { x-tender: { size: 1g, sise: 1g } } }',
    ],
    [
      'two mounts at one place',
      'volumes: [data:/d]\n    tmpfs: /d',
      at('tmpfs.0'),
      /something else is at \/d already/,
      'volumes: { data: }',
    ],
    [
      'a mount below a file',
      'tmpfs: /a/b\n    configs: [{ source: c, target: /a }]',
      at('tmpfs.0'),
      /\/a\/b is in the way of \/a/,
      'configs: { c: { content: x } }',
    ],
    [
      'a tmpfs larger than the memory',
      'tmpfs: /t:size=1g',
      at('tmpfs'),
      /tmpfs of 1 GiB do not fit into 512 MiB of memory/,
    ],
    ['more shared memory than memory', 'shm_size: 1g', at('shm_size'), /do not fit/],
    ['an option of a tmpfs', 'tmpfs: /t:uid=5', at('tmpfs'), /uid=5 is not supported/],
    ['a config that is not declared', 'configs: [a]', at('configs.0'), /a is not declared under configs/],
    [
      'a secret that is not declared',
      'secrets: [constructor]',
      at('secrets.0'),
      /constructor is not declared under secrets/,
    ],
    [
      'an external secret',
      'secrets: [a]',
      'secrets.a.external',
      /is not supported/,
      'secrets: { a: { external: true } }',
    ],
    [
      'a secret in the file itself',
      'secrets: [a]',
      'secrets.a.content',
      /what stands in this file is no secret/,
      'secrets: { a: { content: x } }',
    ],
    ['a secret of nothing', 'secrets: [a]', 'secrets.a', /must have one of file and environment/, 'secrets: { a: {} }'],
    [
      'a config of two things',
      'configs: [a]',
      'configs.a',
      /must have one of/,
      'configs: { a: { content: x, file: ./x } }',
    ],
    [
      'an owner of a secret',
      'secrets: [{ source: a, uid: "5" }]',
      at('secrets.0.uid'),
      /files belong to root/,
      'secrets: { a: { file: ./x } }',
    ],
    [
      'a decimal mode',
      'secrets: [{ source: a, mode: 288 }]',
      at('secrets.0.mode'),
      /must be octal/,
      'secrets: { a: { file: ./x } }',
    ],
    [
      'a config at no place',
      'configs: [{ source: a, target: ../x }]',
      at('configs.0'),
      /must be an absolute path/,
      'configs: { a: { content: x } }',
    ],
    ['an unknown service waited for', 'depends_on: [db]', at('depends_on.0'), /no service is called db/],
    [
      'a service that waits for itself',
      'depends_on: { web: { condition: service_started } }',
      at('depends_on.web'),
      /wait for itself/,
    ],
    [
      'a circle',
      'depends_on: [a]',
      at('depends_on'),
      /web waits for a waits for web/,
      '  a: { image: ./a.tar, depends_on: [web] }',
    ],
    [
      'an unknown condition',
      'depends_on: { a: { condition: ready } }',
      at('depends_on.a.condition'),
      /must be one of service_started/,
      '  a: { image: ./a.tar }',
    ],
    [
      'a dependency that may be missing',
      'depends_on: { a: { condition: service_started, required: false } }',
      at('depends_on.a.required'),
      /must be true/,
      '  a: { image: ./a.tar }',
    ],
    [
      'a restart with another',
      'depends_on: { a: { condition: service_started, restart: true } }',
      at('depends_on.a.restart'),
      /not supported/,
      '  a: { image: ./a.tar }',
    ],
    ['a health check without a test', 'healthcheck: { interval: 5s }', at('healthcheck.test'), /test is missing/],
    [
      'a health check switched off',
      'healthcheck: { test: NONE, disable: true }',
      at('healthcheck.disable'),
      /cannot be switched off/,
    ],
    ['no health check', 'healthcheck: { test: [NONE] }', at('healthcheck.test'), /cannot be switched off/],
    [
      'a health check that begins with neither',
      'healthcheck: { test: [curl, x] }',
      at('healthcheck.test'),
      /must begin with CMD/,
    ],
    [
      'a time without a unit',
      'healthcheck: { test: a, interval: 5 }',
      at('healthcheck.interval'),
      /"5" is not a duration/,
    ],
    ['a time of days', 'stop_grace_period: 25h', at('stop_grace_period'), /at most 24h/],
    ['a port of UDP', 'ports: ["53:53/udp"]', at('ports.0'), /only TCP reaches a lease/],
    ['a port of UDP at length', 'ports: [{ target: 53, protocol: udp }]', at('ports.0.protocol'), /must be tcp/],
    ['a range of ports', 'ports: ["3000-3005"]', at('ports.0'), /ranges are not supported/],
    [
      'a protocol that nobody brings',
      'ports: [{ target: 80, app_protocol: grpc }]',
      at('ports.0.app_protocol'),
      /must be http, tls or tcp/,
    ],
    ['a key of a port', 'ports: [{ target: 80, foo: 1 }]', at('ports.0.foo'), /is not a key of Compose here/],
    ['a port twice', 'ports: [80, "81:80"]', at('ports.1'), /80 is there twice/],
    ['a port without a target', 'ports: [{ published: 80 }]', at('ports.0.target'), /target is missing/],
    ['a restart in other words', 'restart: sometimes', at('restart'), /must be no, always/],
    [
      'a restart twice',
      'restart: always\n    deploy: { restart_policy: {} }',
      at('restart'),
      /also given as deploy\.restart_policy/,
    ],
    ['replicas twice', 'scale: 2\n    deploy: { replicas: 2 }', at('scale'), /also given as deploy\.replicas/],
    ['a placement', 'deploy: { placement: {} }', at('deploy.placement'), /a lease is on one host/],
    ['a global service', 'deploy: { mode: global }', at('deploy.mode'), /must be replicated/],
    [
      'a limit of devices',
      'deploy: { resources: { limits: { devices: [] } } }',
      at('deploy.resources.limits.devices'),
      /not supported/,
    ],
    ['an empty program', 'entrypoint: []', at('entrypoint'), /command has to name the program/],
    ['an empty command', 'command: []', at('command'), /take the place of the image's command/],
    ['a relative working directory', 'working_dir: app', at('working_dir'), /must be an absolute path/],
    ['a user in words', 'user: some body', at('user'), /must be like 1000/],
    ['a signal by number', 'stop_signal: 9', at('stop_signal'), /must be a signal/],
    ['a variable of your own', 'environment: [HOME]', at('environment.0'), /HOME must have a value/],
    [
      'a raw file of variables',
      'env_file: { path: ./a, format: raw }',
      at('env_file.format'),
      /is not a key of Compose here/,
    ],
    [
      'a service that differs by upper case only',
      '',
      'services.Web',
      /but for upper case/,
      '  Web: { image: ./a.tar }',
    ],
    ['an included file', '', 'include', /write one file/, 'include: [./b.yaml]'],
    [
      'a network nobody has',
      '',
      'x-tender.network',
      /must be internet or none/,
      'x-tender: { max-price: 1 USDC/h, network: lan }',
    ],
  ])('%s', (_, service, path, reason, top) => {
    const whole = top?.startsWith('x-tender') ? top : `${top ?? ''}${top ? '\n' : ''}${tender}`
    const [issue, ...more] = issuesOf(file(service && `    ${service}`, whole))
    expect(more).toEqual([])
    expect(issue?.slice(issue.indexOf(' ') + 1)).toMatch(new RegExp(`^${path.replaceAll('.', '\\.')}: `))
    expect(issue).toMatch(reason)
    expect(Number(issue?.split(':')[0])).toBeGreaterThan(3)
  })

  test.each<[string, RegExp]>([
    ['./app.wasm', /write platform: wasi\/wasm/],
    ['app.tar', /is a file: write \.\/app\.tar/],
    ['Nginx', /lower-case letters/],
    ['localhost:5000/app', /nothing from its own network/],
    ['10.0.0.1/app', /nothing from its own network/],
    ['nginx@sha256:12', /64 hexadecimal digits/],
    ['""', /is not an image/],
  ])('the image %s', (image, reason) => {
    const [issue] = issuesOf(`services:\n  web:\n    image: ${image}\n${tender}\n`)
    expect(issue).toMatch(/^3:5 services\.web\.image: /)
    expect(issue).toMatch(reason)
  })

  test('no image', () => {
    expect(issuesOf(`services:\n  web: { command: a }\n${tender}\n`)).toEqual([
      '2:3 services.web.image: image is missing: must be an image such as nginx:1.29 or ./app.tar',
    ])
  })

  test('two kinds of services in one file', () => {
    const wasm = '  fast: { platform: wasi/wasm, image: ./a.wasm }'
    expect(issuesOf(file('', `${wasm}\n${tender}`))).toEqual([
      expect.stringMatching(/^4:3 services\.fast: fast is WebAssembly and web is a container: one lease runs one kind/),
    ])
    expect(issuesOf(`services:\n${wasm}\n  web: { image: ./app.tar }\n${tender}\n`)).toEqual([
      expect.stringMatching(/^3:3 services\.web: web is a container and fast is WebAssembly/),
    ])
  })

  test('everything at once, in the order of the file', () => {
    const text = file(
      '    privileged: true\n    build: .\n    ports: [0]',
      'volumes: { d: { external: true } }\nx-tender: {}',
    )
    expect(issuesOf(text).map((issue) => Number(issue.split(':')[0]))).toEqual([4, 5, 6, 7, 8])
  })
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
