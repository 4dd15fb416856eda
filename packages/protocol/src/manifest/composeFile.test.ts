import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InvalidInputError } from '../errors.ts'
import { parseComposeFile } from './composeFile.ts'

const hello = `
name: hello
services:
  web:
    platform: wasi/wasm
    image: ./hello.wasm
    entrypoint: ["--quiet"]
    command: serve --title "two words"
    environment:
      GREETING: hi
      PRICE: $$5
      TIMES: 3
    ports:
      - "8080"
    deploy:
      replicas: 2
      resources:
        limits: { cpus: "0.25", memory: 128m }
x-tender:
  resource: cu
  max-price: 0.02 USDC/h
  duration: 2h
  replicas: 3
  tier: interruptible
  uptime: 99.5%
  worst-level: 4
  countries: [FR, DE, FR]
  spread: distinct-countries
  max-min-charge: 10m
  max-silence: 1h
`.trimStart()

/** A file with one Wasm service whose further lines (indented by four) and top-level lines are given. */
function file(service: string, top = 'x-tender: { max-price: 1 USDC/h }'): string {
  return `services:\n  web:\n    platform: wasi/wasm\n    image: ./a.wasm\n${service}${service && '\n'}${top}\n`
}

function issuesOf(text: string): string[] {
  try {
    parseComposeFile(text, { file: 'c.yaml' })
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    expect(error.class).toBe('user')
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim())
  }
  return []
}

describe('a good file', () => {
  test('is understood in full', () => {
    expect(parseComposeFile(hello, { file: 'compose.yaml' })).toEqual({
      file: 'compose.yaml',
      name: 'hello',
      driver: 'wasm',
      files: [{ role: 'image', path: './hello.wasm', required: true }],
      variables: [],
      volumes: [],
      secrets: {},
      notes: [],
      services: {
        web: {
          image: { kind: 'file', path: './hello.wasm' },
          args: ['--quiet', 'serve', '--title', 'two words'],
          env: { GREETING: 'hi', PRICE: '$5', TIMES: '3' },
          envFiles: [],
          ports: [{ target: 8080, protocol: 'http', published: undefined }],
          cpuMillis: 250,
          memoryBytes: 128 * 1024 ** 2,
          replicas: 2,
          gpus: 0,
        },
      },
      tender: {
        resource: 'cu',
        maxPrice: { value: { digits: 2n, scale: 2 }, symbol: 'USDC' },
        durationSeconds: 7200,
        replicas: 3,
        tier: 'interruptible',
        uptimeBps: 9950,
        worstLevel: 4,
        countries: ['DE', 'FR'],
        spread: 'distinctCountries',
        maxMinSeconds: 600,
        maxSilenceSeconds: 3600,
      },
    })
  })

  test('needs no more than an image and a price', () => {
    const { tender, services } = parseComposeFile(file(''), { file: 'c.yaml' })
    expect(tender).toMatchObject({ resource: 'cu', durationSeconds: 3600, replicas: 1, tier: 'standard' })
    expect(tender).not.toHaveProperty('uptimeBps')
    expect(services.web).toMatchObject({
      args: [],
      env: {},
      cpuMillis: 1000,
      memoryBytes: 512 * 1024 ** 2,
      replicas: 1,
    })
    expect(services.web?.ports).toEqual([])
  })

  test.each([
    ['a list', '    environment:\n      - A=1\n      - B=x=y'],
    ['a map', '    environment: { B: x=y, A: 1 }'],
    ['a merged map', '    environment:\n      <<: *base\n      B: x=y'],
  ])('has its environment as %s', (_, service) => {
    const text = `x-base: &base { A: 1 }\n${file(service)}`
    expect(parseComposeFile(text, { file: 'c.yaml' }).services.web?.env).toEqual({ A: '1', B: 'x=y' })
  })

  test.each([
    ['8080', 8080, undefined],
    ['"80:8080"', 8080, '80'],
    ['"127.0.0.1:80:8080/tcp"', 8080, '127.0.0.1:80'],
    ['{ target: 8080, published: 80 }', 8080, '80'],
  ])('has port %s', (written, target, published) => {
    const { services, notes } = parseComposeFile(file(`    ports: [${written}]`), { file: 'c.yaml' })
    expect(services.web?.ports).toEqual([{ target, protocol: 'http', published }])
    expect(notes.map(({ line }) => line)).toEqual(published ? [5] : [])
  })

  test('says what has no effect', () => {
    const text = `version: "3.8"\nx-notes: mine\n${file('    x-color: red')}`
    const { notes } = parseComposeFile(text, { file: 'c.yaml' })
    expect(notes.map(({ line, path }) => [line, path])).toEqual([
      [1, 'version'],
      [2, 'x-notes'],
      [7, 'services.web.x-color'],
    ])
  })
})

describe('a bad file names line, key and reason:', () => {
  test.each<[string, string, RegExp[]]>([
    ['not YAML', 'services:\n  web: [', [/^c\.yaml:2:\d+: Flow sequence/]],
    ['a key twice', 'name: a\nname: b\n', [/^c\.yaml:2:1: Map keys must be unique/]],
    ['a tab', 'services:\n\tweb: 1\n', [/^c\.yaml:2:1: Tabs are not allowed/]],
    ['an unknown tag', 'name: !secret a\n', [/^c\.yaml:1:7: Unresolved tag: !secret/]],
    ['nothing', '', [/must be a map with services and x-tender/]],
    [
      'no x-tender',
      'services:\n  web: { platform: wasi/wasm, image: ./a.wasm }\n',
      [/^c\.yaml:1:1 x-tender: x-tender is missing: must be a map such as/],
    ],
    ['no service', 'services: {}\nx-tender: { max-price: 1 USDC/h }\n', [/^c\.yaml:1:1 services: must have a service/]],
    [
      'no price',
      file('', 'x-tender: {}'),
      [/^c\.yaml:5:1 x-tender\.max-price: max-price is missing: must be a price such as 0\.02 USDC\/h/],
    ],
    [
      'a bare price',
      file('', 'x-tender:\n  max-price: 0.02'),
      [/^c\.yaml:6:3 x-tender\.max-price: "0\.02" is not a price: it has no unit of time/],
    ],
    [
      'a price without a unit of time',
      file('', 'x-tender:\n  max-price: 0.02 USDC'),
      [/^c\.yaml:6:3 .*it has no unit of time.*"0\.02 USDC\/h"/],
    ],
    ['a price per day', file('', 'x-tender:\n  max-price: 0.02 USDC/d'), [/^c\.yaml:6:3 .*prices are per hour/]],
    [
      'a price without an asset',
      file('', 'x-tender:\n  max-price: 0.02/h'),
      [/^c\.yaml:6:3 .*it takes a number, an asset and \/h/],
    ],
    [
      'a misspelt key of x-tender',
      file('', 'x-tender:\n  max-price: 1 USDC/h\n  durration: 1h'),
      [/^c\.yaml:7:3 x-tender\.durration: x-tender has no key durration; did you mean duration\?/],
    ],
    [
      'a misspelt x-tender',
      file('', 'x-tender: { max-price: 1 USDC/h }\nx-tenderr: {}'),
      [/^c\.yaml:6:1 x-tenderr: .*did you mean x-tender\?/],
    ],
    [
      'a duration without a unit',
      file('', 'x-tender:\n  max-price: 1 USDC/h\n  duration: 30'),
      [/^c\.yaml:7:3 x-tender\.duration: "30" is not a duration: it has no unit/],
    ],
    [
      'uptime without %',
      file('', 'x-tender:\n  max-price: 1 USDC/h\n  uptime: 99.5'),
      [/^c\.yaml:7:3 x-tender\.uptime: "99\.5" is not a percentage/],
    ],
    [
      'uptime above 100%',
      file('', 'x-tender:\n  max-price: 1 USDC/h\n  uptime: 101%'),
      [/^c\.yaml:7:3 .*more than 100%/],
    ],
    [
      'a country in words',
      file('', 'x-tender:\n  max-price: 1 USDC/h\n  countries:\n    - DE\n    - France'),
      [/^c\.yaml:9:7 x-tender\.countries\.1: must be a two-letter/],
    ],
    [
      'trust level 6',
      file('', 'x-tender:\n  max-price: 1 USDC/h\n  worst-level: 6'),
      [/^c\.yaml:7:3 x-tender\.worst-level: /],
    ],
    [
      '33 replicas',
      file('', 'x-tender:\n  max-price: 1 USDC/h\n  replicas: 33'),
      [/^c\.yaml:7:3 x-tender\.replicas: /],
    ],
    [
      'no platform',
      'services:\n  web:\n    image: ./a.wasm\nx-tender: { max-price: 1 USDC/h }\n',
      [/^c\.yaml:3:5 services\.web\.image: is a WebAssembly module: write platform: wasi\/wasm beside it/],
    ],
    [
      'another platform',
      'services:\n  web:\n    image: ./a.wasm\n    platform: wasm\nx-tender: { max-price: 1 USDC/h }\n',
      [/^c\.yaml:4:5 services\.web\.platform: must be wasi\/wasm for a WebAssembly module, linux\/amd64/],
    ],
    [
      'an image from a registry',
      'services:\n  web:\n    platform: wasi/wasm\n    image: nginx:1.27\nx-tender: { max-price: 1 USDC/h }\n',
      [/^c\.yaml:4:5 services\.web\.image: must be a local file/],
    ],
    [
      'an unknown key',
      file('    imag: x'),
      [/^c\.yaml:5:5 services\.web\.imag: imag is not a key of Compose here; did you mean image\?/],
    ],
    [
      'an unknown key at the top',
      file('', 'service: {}\nx-tender: { max-price: 1 USDC/h }'),
      [/^c\.yaml:5:1 service: service is not a key of Compose here; did you mean services\?/],
    ],
    [
      'a key under deploy',
      file('    deploy:\n      mode: global'),
      [/^c\.yaml:6:7 services\.web\.deploy\.mode: mode is not supported/],
    ],
    [
      'a wrong limit',
      file('    deploy:\n      resources:\n        limits:\n          pids: 3'),
      [/^c\.yaml:8:11 services\.web\.deploy\.resources\.limits\.pids: /],
    ],
    ['an open quote', file('    command: say "hi'), [/^c\.yaml:5:5 services\.web\.command: a quote is left open/]],
    [
      'a variable from outside',
      file(`    environment:\n      A: $\{HOME}/x`),
      [/^c\.yaml:6:7 services\.web\.environment\.A: variables such as \$\{HOME\} are not filled in/],
    ],
    [
      'a variable without a value',
      file('    environment:\n      A:'),
      [/^c\.yaml:6:7 services\.web\.environment\.A: must have a value/],
    ],
    [
      'a listed variable without a value',
      file('    environment:\n      - B=1\n      - A'),
      [/^c\.yaml:7:9 services\.web\.environment\.1: A must have a value/],
    ],
    ['a variable twice', file('    environment:\n      - A=1\n      - A=2'), [/^c\.yaml:7:9 .*A is there twice/]],
    [
      'a prototype for a variable',
      file('    environment:\n      - __proto__=1'),
      [/^c\.yaml:6:9 .*"__proto__" is not a variable's name/],
    ],
    ['two ports', file('    ports:\n      - 80\n      - 81'), [/^c\.yaml:5:5 services\.web\.ports: must be one port/]],
    [
      'a port of UDP',
      file('    ports:\n      - 53:53/udp'),
      [/^c\.yaml:6:9 services\.web\.ports\.0: "53:53\/udp" is not a port: a Wasm workload serves HTTP only/],
    ],
    ['a range of ports', file('    ports:\n      - 3000-3005'), [/^c\.yaml:6:9 .*ranges are not supported/]],
    ['port 0', file('    ports: [0]'), [/^c\.yaml:5:13 .*not from 1 to 65535/]],
    ['no cores', file('    cpus: 0'), [/^c\.yaml:5:5 services\.web\.cpus: .*zero/]],
    ['a size in words', file('    mem_limit: much'), [/^c\.yaml:5:5 services\.web\.mem_limit: "much" is not a size/]],
    [
      'a limit twice',
      file('    cpus: 1\n    deploy: { resources: { limits: { cpus: 2 } } }'),
      [/^c\.yaml:5:5 services\.web\.cpus: is also given as deploy/],
    ],
    [
      'deploy.replicas 0',
      file('    deploy: { replicas: 0 }'),
      [/^c\.yaml:5:15 services\.web\.deploy\.replicas: must be at least 1/],
    ],
    [
      'a class that Wasm does not run on',
      file('', 'x-tender:\n  max-price: 1 USDC/h\n  resource: gpu.nvidia.h100-80gb'),
      [/^c\.yaml:7:3 x-tender\.resource: a Wasm workload runs on compute units/],
    ],
    [
      'a second service',
      file('', '  db: { platform: wasi/wasm, image: ./b.wasm }\nx-tender: { max-price: 1 USDC/h }'),
      [/^c\.yaml:5:3 services\.db: is a second service/],
    ],
  ])('%s', (_, text, expected) => {
    const issues = issuesOf(text)
    expect(issues.length, issues.join('\n')).toBe(expected.length)
    for (const [index, pattern] of expected.entries()) expect(issues[index]).toMatch(pattern)
  })

  test.each([
    'volumes',
    'depends_on',
    'healthcheck',
    'secrets',
    'configs',
    'networks',
    'build',
    'restart',
    'labels',
    'privileged',
  ])('%s, which Wasm cannot have', (key) => {
    const issues = issuesOf(file(`    ${key}: []`))
    expect(issues).toHaveLength(1)
    expect(issues[0]).toMatch(new RegExp(`^c\\.yaml:5:5 services\\.web\\.${key}: ${key} is not supported: .{10}`))
  })

  test.each(['volumes', 'networks', 'secrets', 'configs', 'include'])('%s at the top', (key) => {
    const issues = issuesOf(file('', `${key}: {}\nx-tender: { max-price: 1 USDC/h }`))
    expect(issues).toHaveLength(1)
    expect(issues[0]).toMatch(new RegExp(`^c\\.yaml:5:1 ${key}: ${key} is not supported: `))
  })

  test('two resource classes in one file', () => {
    const gpu =
      '  train:\n    platform: wasi/wasm\n    image: ./b.wasm\n    deploy:\n      resources:\n        reservations:\n          devices: [{ capabilities: [gpu] }]\n'
    const issues = issuesOf(file('', `${gpu}x-tender: { max-price: 1 USDC/h }`))
    expect(issues[0]).toMatch(
      /^c\.yaml:10:9 services\.train\.deploy\.resources\.reservations: the file needs two resource classes: train reserves a GPU and the lease is of cu/,
    )
  })

  test('a key that JavaScript keeps for itself is named, not dropped', () => {
    const message = '__proto__ cannot be a key'
    expect(issuesOf(file('    environment:\n      __proto__: x'))).toEqual([`c.yaml:6:7: ${message}`])
    expect(issuesOf(`services:\n  __proto__: {}\nx-tender: { max-price: 1 USDC/h }\n`)).toEqual([
      `c.yaml:2:3: ${message}`,
    ])
    expect(issuesOf(file('    environment: ["__proto__=x"]'))).toEqual([
      expect.stringContaining(`"__proto__" is not a variable's name`),
    ])
  })

  test('everything that is wrong at once, in the order of the file', () => {
    const text =
      'services:\n  web:\n    platform: wasm\n    image: nginx\n    volumes: []\nx-tender:\n  max-price: 3\n  speed: fast\n'
    expect(issuesOf(text).map((line) => Number(line.split(':')[1]))).toEqual([3, 4, 5, 7, 8])
  })

  test('one that is too large, or explodes when its aliases are followed', () => {
    expect(() => parseComposeFile(' '.repeat(300_000), { file: 'c.yaml' })).toThrow(/too large/)
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]']
    for (const [from, to] of ['ab', 'bc', 'cd', 'de', 'ef']) bomb.push(`${to}: &${to} [${Array(9).fill(`*${from}`)}]`)
    expect(() => parseComposeFile(bomb.join('\n'), { file: 'c.yaml' })).toThrow(/expand to too many nodes/)
  })

  // Found by fuzzing: the reader of YAML ran out of stack.
  test.each([
    ['maps on one line', 'e: '.repeat(20_000)],
    ['lists on one line', '- '.repeat(20_000)],
    ['brackets', '['.repeat(20_000)],
    ['a little too many levels', `services: ${'['.repeat(70)}${']'.repeat(70)}`],
  ])('one that is nested too deeply: %s', (_, text) => {
    expect(() => parseComposeFile(text, { file: 'c.yaml' })).toThrow(InvalidInputError)
  })
})

test('whatever the text, it is understood or refused as bad input', () => {
  const pieces =
    'services: |x-tender: |web: |platform: wasi/wasm|image: ./a.wasm|max-price: 1 USDC/h|ports: |environment: |deploy: |- |  |    |\n|\n  |\n    |{|}|[|]|,|: |? |&a |*a |<<: |!!binary |!!set |"|\'|null|0|-1|$|~|__proto__: |constructor: |#|\\ud800|\t'
  const text = fc.array(fc.constantFrom(...pieces.split('|')), { maxLength: 30 }).map((list) => list.join(''))
  const valid = file('').split('\n')
  const mutated = fc
    .tuple(fc.nat(valid.length), fc.nat(2), text)
    .map(([at, removed, added]) => valid.toSpliced(at, removed, added).join('\n'))
  fc.assert(
    fc.property(fc.oneof(text, mutated, fc.string()), (one) => {
      try {
        parseComposeFile(one, { file: 'c.yaml' })
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidInputError)
      }
    }),
    { numRuns: 300 },
  )
})
