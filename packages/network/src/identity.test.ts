import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey, peerIdFromString } from '@libp2p/peer-id'
import { type Hex, numberToHex, recoverAddress, serializeSignature } from 'viem'
import { generatePrivateKey, privateKeyToAddress, sign } from 'viem/accounts'
import { expect, test } from 'vitest'
import {
  addressOfPeer,
  addressOfPublicKey,
  dialableAt,
  ForeignKeyError,
  peerIdOfPrivateKey,
  peerIdOfPublicKey,
  publicKeyOfPeer,
} from './identity.ts'
import { soon, startNode } from './testNetwork.ts'
import { verifyKeySignature } from './verifySignature.ts'

test('key, peer id and account name one another', () => {
  for (let count = 0; count < 20; count++) {
    const privateKey = generatePrivateKey()
    const peerId = peerIdFromString(peerIdOfPrivateKey(privateKey).toString())
    expect(addressOfPeer(peerId)).toBe(privateKeyToAddress(privateKey))
    expect(addressOfPublicKey(publicKeyOfPeer(peerId))).toBe(privateKeyToAddress(privateKey))
    expect(peerIdOfPublicKey(publicKeyOfPeer(peerId)).equals(peerId)).toBe(true)
  }
})

test('a key of another kind has no account', async () => {
  const ed25519 = peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
  expect(() => addressOfPeer(ed25519)).toThrow(ForeignKeyError)
  expect(() => peerIdOfPublicKey(`0x${'22'.repeat(32)}`)).toThrow(ForeignKeyError)
  expect(() => peerIdOfPublicKey('0x1234')).toThrow(ForeignKeyError)
  expect(() => addressOfPublicKey(`0x02${'ff'.repeat(32)}`)).toThrow(ForeignKeyError)
})

test('a node is its key, and a peer at the address of another is not taken for it', async () => {
  const [a, b, impostor] = [await startNode(), await startNode(), await startNode()]
  expect(a.address).toBe(privateKeyToAddress(a.privateKey))
  await b.dial(a.contact(), soon())
  const at = impostor.addresses().map((address) => address.replace(/\/p2p\/.*/, ''))
  const forged = { publicKey: (await startNode()).publicKey, addresses: at }
  await expect(b.dial(forged, soon())).rejects.toMatchObject({ code: 'peerUnreachable' })
  await expect(b.dial({ ...forged, addresses: impostor.addresses() }, soon())).rejects.toMatchObject({
    code: 'peerUnreachable',
  })
  await expect(b.dial({ ...forged, addresses: ['nonsense'] }, soon())).rejects.toMatchObject({
    code: 'peerUnreachable',
  })
})

test("a signature is its key's, and its mirror image is nobody's", async () => {
  const privateKey = generatePrivateKey()
  const digest = `0x${'12'.repeat(32)}` as const
  const { r, s, v = 27n } = await sign({ hash: digest, privateKey })
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
  const mirrored = { r, s: numberToHex(order - BigInt(s), { size: 32 }), v: v === 27n ? 28n : 27n }
  const signer = privateKeyToAddress(privateKey)
  expect(await verifyKeySignature({ signer, digest, signature: serializeSignature({ r, s, v }) })).toBe(true)
  expect(await verifyKeySignature({ signer, digest, signature: serializeSignature(mirrored) })).toBe(false)
  expect(await recoverAddress({ hash: digest, signature: serializeSignature(mirrored) })).toBe(signer)
  expect(await verifyKeySignature({ signer, digest, signature: `0x${'00'.repeat(65)}` })).toBe(false)
  // The same key, in a form that viem takes and `ecrecover` does not.
  const short: Hex = `0x${r.slice(2)}${s.slice(2)}${v === 27n ? '00' : '01'}`
  expect(await recoverAddress({ hash: digest, signature: short })).toBe(signer)
  expect(await verifyKeySignature({ signer, digest, signature: short })).toBe(false)
})

test('an address that is dialled says who must answer', () => {
  const peerId = peerIdOfPrivateKey(generatePrivateKey())
  const address = `/ip4/127.0.0.1/tcp/4100/p2p/${peerId}`
  expect(dialableAt(address)).toEqual({ publicKey: publicKeyOfPeer(peerId), addresses: [address] })
  expect(() => dialableAt('/ip4/127.0.0.1/tcp/4100')).toThrow(ForeignKeyError)
  expect(() => dialableAt('nonsense')).toThrow(ForeignKeyError)
})
