import { describe, expect, test } from 'vitest'
import { file, issuesOf, tender } from './testCompose.ts'

// What of a Compose file of containers is refused, and in which words.

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
    [
      'a health check without a test',
      'healthcheck: { interval: 5s }',
      at('healthcheck.test'),
      /test: is missing: it must begin with CMD/,
    ],
    [
      'a wait for the health of what has no check',
      'depends_on: { a: { condition: service_healthy } }',
      at('depends_on.a'),
      /a has no health check/,
      '  a: { image: ./a.tar, healthcheck: { disable: true } }',
    ],
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
