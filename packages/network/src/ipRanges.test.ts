import { BlockList, isIP } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ipRanges, isIp } from './ipRanges.ts'

const nets = ['10.0.0.0/8', '172.16.0.0/12', '169.254.0.0/16', '127.0.0.0/8', 'fc00::/7', 'fe80::/10', '::1/128']

const ours = ipRanges(nets)
const theirs = new BlockList()
for (const net of nets) {
  const [host = '', prefix] = net.split('/')
  theirs.addSubnet(host, Number(prefix), host.includes(':') ? 'ipv6' : 'ipv4')
}

test('says what Node says of every address', () => {
  const near = fc.constantFrom('10.1.2.3', '172.31.255.255', '172.32.0.0', '::1', '::2', 'fe80::1', 'febf::', 'fec0::1')
  const mapped = fc.constantFrom('::ffff:10.1.2.3', '::ffff:8.8.8.8', '::ffff:a9fe:a9fe')
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), near, mapped), (host) => {
      expect([host, isIp(host)]).toEqual([host, true])
      expect([host, ours.has(host)]).toEqual([host, theirs.check(host, isIP(host) === 4 ? 'ipv4' : 'ipv6')])
    }),
    { numRuns: 2000 },
  )
})

test('takes nothing else for an address', () => {
  const words = [
    '',
    'localhost',
    '10.1.2',
    '10.1.2.256',
    '010.1.2.3',
    '1:2',
    ':::',
    '1::2::3',
    'g::1',
    '1:2:3:4:5:6:7:8:9',
  ]
  expect(words.filter(isIp)).toEqual([])
  fc.assert(fc.property(fc.string(), (word) => isIp(word) === (isIP(word) !== 0)))
})
