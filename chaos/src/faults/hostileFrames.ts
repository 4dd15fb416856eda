import { privateKeyToAccount } from 'viem/accounts'
import { bytes, type Random } from '../random.ts'

/** Gossip below its signatures: what gossipsub's own streams carry, of which nobody signed what it says. */
export const gossipFrames: Readonly<Record<string, (topic: string, random: Random) => Buffer>> = {
  unsigned: (topic, random) => rpc(message(topic, random)),
  // By a key that is not the speaker's, and which did not sign it.
  ofAnother: (topic, random) => rpc(message(topic, random, field(1, anotherPeer(random)), field(5, bytes(random, 64)))),
  noSender: (topic, random) => rpc(message(topic, random, field(1, bytes(random, 40)), field(5, bytes(random, 64)))),
  noProtobuf: (_topic, random) => Buffer.concat([varint(300), bytes(random, 300)]),
  hugeLength: (_topic, random) => Buffer.concat([varint(2 ** 31 - 1), bytes(random, 1000)]),
  large: (topic) => rpc(field(2, field(2, Buffer.alloc(900_000)), field(4, Buffer.from(topic)))),
  manyMessages: (topic, random) => rpc(...Array.from({ length: 600 }, () => message(topic, random))),
  manyTopics: (_topic, random) =>
    rpc(
      ...Array.from({ length: 3000 }, () =>
        field(1, Buffer.of(8, 1), field(2, Buffer.from(bytes(random, 12).toString('hex')))),
      ),
    ),
  manyDigests: (topic, random) => rpc(field(3, field(1, field(1, Buffer.from(topic)), ...ids(2, random)))),
  manyWishes: (_topic, random) => rpc(field(3, field(2, ...ids(1, random)))),
}

/** One frame: its length, and what it holds. */
function rpc(...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([varint(content.length), content])
}

function message(topic: string, random: Random, ...more: readonly Buffer[]): Buffer {
  return field(2, field(2, bytes(random, 200)), field(3, bytes(random, 8)), field(4, Buffer.from(topic)), ...more)
}

function ids(number: number, random: Random): Buffer[] {
  return Array.from({ length: 6000 }, () => field(number, bytes(random, 20)))
}

/** A peer id as bytes: it holds the key itself. */
function anotherPeer(random: Random): Buffer {
  const { publicKey } = privateKeyToAccount(`0x${bytes(random, 32).toString('hex')}`)
  const [, x = ''] = /^0x04(.{64})/.exec(publicKey) ?? []
  return Buffer.from(`00250802122102${x}`, 'hex')
}

/** A field of protobuf that has bytes. */
function field(number: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([varint(number * 8 + 2), varint(content.length), content])
}

function varint(value: number): Buffer {
  const groups: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.of(...groups, rest)
    groups.push((rest % 128) + 128)
  }
}
