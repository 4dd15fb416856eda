import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { networkInterfaces } from 'node:os'
import type { LeaseId } from '@tender/driver'
import type { NetworkCreateOptions } from 'dockerode'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createFirewall } from './firewall.ts'
import { createLeaseNetworks, type LeaseNetworks } from './network.ts'
import { noEngine, startTestEngine, type TestContainer, type TestEngine } from './testEngine.ts'
import type { LeaseNetwork } from './types.ts'

const soon = () => AbortSignal.timeout(60_000)
const lease = (digit: string): LeaseId => `0x${digit.repeat(64)}`

/** A network namespace that plays the world outside; public, private and metadata addresses are all its own. */
const OUTSIDE = 'tdr-outside'
const PUBLIC = '11.77.0.2'
const OTHERS = ['10.77.0.2', '100.77.0.2', '169.254.169.254', '172.31.77.2', '192.168.77.2', '198.18.77.2']
const PORTS = [25, 80]

/** Answers every question for an address with 11.77.0.2. */
const NAME_SERVER = `
  const socket = require('node:dgram').createSocket('udp4')
  socket.on('message', (question, { port, address }) => {
    const answer = Buffer.concat([question, Buffer.from('c00c000100010000003c00040b4d0002', 'hex')])
    answer.writeUInt16BE(0x8180, 2)
    answer.writeUInt16BE(1, 6)
    socket.send(answer, port, address)
  })
  socket.bind(53)`

function run(line: string): void {
  const [file = '', ...args] = line.split(' ')
  const { status, stderr } = spawnSync(file, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${line}: ${stderr}`)
}

function openOutside(): ChildProcess[] {
  spawnSync('ip', ['netns', 'del', OUTSIDE])
  for (const line of [
    `ip netns add ${OUTSIDE}`,
    `ip link add out0 type veth peer name out1 netns ${OUTSIDE}`,
    'ip addr add 11.77.0.1/24 dev out0',
    'ip link set out0 up',
    `ip -n ${OUTSIDE} addr add ${PUBLIC}/24 dev out1`,
    `ip -n ${OUTSIDE} link set out1 up`,
    `ip -n ${OUTSIDE} link set lo up`,
    `ip -n ${OUTSIDE} route add default via 11.77.0.1`,
  ])
    run(line)
  for (const address of OTHERS) {
    run(`ip -n ${OUTSIDE} addr add ${address}/32 dev lo`)
    run(`ip route replace ${address}/32 via ${PUBLIC}`)
  }
  const within = ['ip', 'netns', 'exec', OUTSIDE]
  const names = spawn('ip', [...within.slice(1), process.execPath, '-e', NAME_SERVER], { stdio: 'ignore' })
  return [names, ...PORTS.map((port) => serve(within, `0.0.0.0:${port}`))]
}

/** Answers HTTP with 404, which is an answer. */
function serve(prefix: string[], address: string): ChildProcess {
  const [file = '', ...args] = [...prefix, '/bin/busybox', 'httpd', '-f', '-p', address, '-h', '/etc']
  return spawn(file, args, { stdio: 'ignore' })
}

describe.skipIf(noEngine)('lease networks', () => {
  let host: TestEngine
  let servers: ChildProcess[]
  let networks: LeaseNetworks
  let closed: LeaseNetwork
  let open: LeaseNetwork
  let inside: TestContainer
  let online: TestContainer
  const firewall = createFirewall()

  beforeAll(async () => {
    host = await startTestEngine()
    servers = [...openOutside(), serve([], '0.0.0.0:7780'), serve([], '[::]:7781')]
    networks = createLeaseNetworks({ engine: host.engine, firewall, resolvers: [PUBLIC] })
    ;[closed, open] = await Promise.all([
      networks.ensure(lease('a'), { internet: false }, soon()),
      networks.ensure(lease('b'), { internet: true }, soon()),
    ])
    inside = await host.run(closed, 'inside')
    online = await host.run(open, 'web')
  })
  afterAll(async () => {
    for (const server of servers) server.kill('SIGKILL')
    await host.close()
    spawnSync('ip', ['netns', 'del', OUTSIDE])
    spawnSync('ip', ['link', 'del', 'out0'])
  })

  async function reach(from: TestContainer, address: string, port: number): Promise<string> {
    const output = await from.sh(`nc -w 4 ${address} ${port} </dev/null && echo reached; true`)
    return output.includes('reached') ? 'answered' : 'refused'
  }

  test('differ, and are found again', async () => {
    expect(open.subnet).not.toBe(closed.subnet)
    expect(await networks.ensure(lease('a'), { internet: false }, soon())).toMatchObject({ id: closed.id })
    expect(await networks.find(lease('b'), soon())).toMatchObject({ id: open.id, internet: true })
    await expect(networks.ensure(lease('a'), { internet: true }, soon())).rejects.toMatchObject({
      code: 'networkDiffers',
    })
    expect(() => open.address(61)).toThrow(/room for 61/)
  })

  test('are made although another program changes the rules of the host at the same moment', async () => {
    let left = 0
    const disturbed = new Proxy(host.engine, {
      get: (engine, name) =>
        name === 'createNetwork'
          ? async (options: NetworkCreateOptions) => {
              const message = 'server error - unable to remove jump to X rule in FORWARD chain: (iptables failed: …)'
              if (left-- > 0) throw Object.assign(new Error(message), { statusCode: 500 })
              return engine.createNetwork(options)
            }
          : Reflect.get(engine, name).bind?.(engine),
    })
    const others = createLeaseNetworks({ engine: disturbed, firewall })
    left = 4
    expect(await others.ensure(lease('c'), { internet: false }, soon())).toMatchObject({ internet: false })
    await others.remove(lease('c'), soon())
    left = 5
    const refused = others.ensure(lease('d'), { internet: false }, soon())
    await expect(refused).rejects.toThrow('iptables failed')
    expect(await others.find(lease('d'), soon())).toBeUndefined()
  })

  test('let containers of one lease speak to each other, by name', async () => {
    const db = await host.run(closed, 'db')
    expect(await inside.sh('nslookup db 127.0.0.11')).toContain(db.address)
    expect(await reach(inside, db.address, 8080)).toBe('answered')
  })

  test('with internet lead to public addresses, but not to mail', async () => {
    expect(await reach(online, PUBLIC, 80)).toBe('answered')
    expect(await reach(online, PUBLIC, 25)).toBe('refused')
    expect(await reach(inside, PUBLIC, 80)).toBe('refused')
  })

  test('tell names of the world only where there is internet', async () => {
    const ask = 'nslookup -type=a some.example 127.0.0.11 2>&1; true'
    await expect.poll(() => online.sh(ask), { timeout: 60_000 }).toContain(PUBLIC)
    expect(await inside.sh(ask)).not.toContain(PUBLIC)
  })

  test.each(OTHERS)('never lead to %s', async (address) => {
    // It is there: the host itself is answered.
    expect((await fetch(`http://${address}/`, { signal: soon() })).status).toBe(404)
    expect(await reach(online, address, 80)).toBe('refused')
    expect(await reach(inside, address, 80)).toBe('refused')
  })

  test('never lead to the host, by any of its addresses', async () => {
    const own = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
    const addresses = own.filter(({ family, internal }) => family === 'IPv4' && !internal).map(({ address }) => address)
    expect(addresses).toContain(open.gateway)
    for (const address of addresses)
      expect((await fetch(`http://${address}:7780/`, { signal: soon() })).status).toBe(404)
    for (const address of addresses)
      for (const from of [online, inside])
        expect([address, await reach(from, address, 7780)]).toEqual([address, 'refused'])
    const six = own.filter(({ family, internal }) => family === 'IPv6' && !internal).map(({ address }) => address)
    for (const address of six) expect(await reach(online, `${address}`, 7781)).toBe('refused')
    expect(await online.sh('ip -6 addr 2>&1; true')).not.toMatch(/scope (link|global)/)
  })

  test('never lead to another lease', async () => {
    expect(await reach(online, inside.address, 8080)).toBe('refused')
    expect(await reach(inside, online.address, 8080)).toBe('refused')
    expect(await online.sh('nslookup inside 127.0.0.11; true')).not.toContain(inside.address)
  })

  test('let nobody in but the host', async () => {
    for (const { address } of [online, inside]) {
      expect((await fetch(`http://${address}:8080/`, { signal: soon() })).status).toBe(404)
      run(`ip -n ${OUTSIDE} route replace ${address}/32 via 11.77.0.1`)
      const { stdout } = spawnSync('ip', ['netns', 'exec', OUTSIDE, '/bin/busybox', 'nc', '-w', '2', address, '8080'], {
        input: 'GET / HTTP/1.0\r\n\r\n',
        encoding: 'utf8',
      })
      expect(stdout).toBe('')
    }
  })

  test('are as closed after the engine was killed', async () => {
    await host.restart()
    expect(await reach(online, PUBLIC, 80)).toBe('answered')
    expect(await reach(online, open.gateway, 7780)).toBe('refused')
    expect(await reach(online, inside.address, 8080)).toBe('refused')
    expect(await reach(online, '169.254.169.254', 80)).toBe('refused')
  })

  test('go away', async () => {
    await inside.remove()
    for (const { id } of await host.containersOf(closed)) await host.engine.getContainer(id).remove({ force: true })
    await networks.remove(lease('a'), soon())
    await networks.remove(lease('a'), soon())
    expect(await networks.find(lease('a'), soon())).toBeUndefined()
  })
})
