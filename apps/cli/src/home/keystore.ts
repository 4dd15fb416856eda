import { randomBytes, type ScryptOptions, scrypt } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { CorruptStateError, NotFoundError, TenderError } from '@tender/protocol'
import { Keystore } from 'ox'
import { type Address, bytesToHex, getAddress, type Hex } from 'viem'
import { privateKeyToAddress } from 'viem/accounts'
import { z } from 'zod'
import { checkName, keysDirectory, passwordFileBeside, readIfThere, writeNew, writeWhole } from './home.ts'

/** What geth and others use: about a second and 256 MiB a try, which is what makes guessing dear. */
const SCRYPT = { n: 2 ** 18, r: 8, p: 1 } as const

/** For keys that everybody knows anyway, so that nobody waits for nothing. */
const PLAY_SCRYPT_N = 2 ** 10

/** A file's word on the cost is not taken beyond these: it could exhaust the memory. */
const MAX_SCRYPT_N = 2 ** 18
const MAX_SCRYPT_FACTOR = 8

const hex = z.string().regex(/^[0-9a-f]+$/i)

/** The Web3 Secret Storage format, version 3, as other wallets read and write it. */
const keystoreSchema = z.object({
  address: z.string().regex(/^(0x)?[0-9a-f]{40}$/i),
  crypto: z.object({
    cipher: z.literal('aes-128-ctr'),
    ciphertext: hex,
    cipherparams: z.object({ iv: hex }),
    kdf: z.literal('scrypt'),
    kdfparams: z.object({
      dklen: z.literal(32),
      n: z.int().min(2).max(MAX_SCRYPT_N),
      p: z.int().min(1).max(MAX_SCRYPT_FACTOR),
      r: z.int().min(1).max(MAX_SCRYPT_FACTOR),
      salt: hex,
    }),
    mac: hex,
  }),
  id: z.string(),
  version: z.literal(3),
})

type ScryptParameters = z.output<typeof keystoreSchema>['crypto']['kdfparams']

export type KeystoreEntry = { name: string; address: Address; file: string }

/**
 * Encrypts a key into the home. Replaces nothing.
 *
 * @throws {TenderError} `accountExists`
 */
export async function createKeystore(
  home: string,
  name: string,
  { privateKey, password, scryptN = SCRYPT.n }: { privateKey: Hex; password: string; scryptN?: number },
): Promise<KeystoreEntry> {
  const file = fileOf(home, name)
  // Asked first only to spare the work; that nothing is replaced is made sure of at the end.
  if ((await readIfThere(file)) !== undefined) throw accountExists(name)
  const address = privateKeyToAddress(privateKey)
  const kdfparams = { ...SCRYPT, n: scryptN, dklen: 32 as const, salt: randomBytes(32).toString('hex') }
  const key = await deriveKey(password, kdfparams)
  const encrypted = Keystore.encrypt(privateKey, key, { kdf: 'scrypt', kdfparams, iv: randomBytes(16) })
  const keystore = { ...encrypted, address: address.slice(2).toLowerCase() }
  if (!(await writeNew(file, `${JSON.stringify(keystore, null, 2)}\n`))) throw accountExists(name)
  return { name, address, file }
}

function accountExists(name: string): TenderError {
  return new TenderError(`there is an account "${name}" already`, {
    code: 'accountExists',
    class: 'conflict',
    hint: 'Choose another name.',
  })
}

/**
 * Keeps a key that everybody knows: of a market that is gone when its machine is. Its password lies beside it, so that nobody
 * is asked for what protects nothing. Leaves what is there.
 */
export async function keepPlayKey(home: string, name: string, privateKey: Hex): Promise<void> {
  if ((await readIfThere(fileOf(home, name))) !== undefined) return
  const password = randomBytes(16).toString('hex')
  await writeWhole(passwordFileBeside(home, name), `${password}\n`)
  await createKeystore(home, name, { privateKey, password, scryptN: PLAY_SCRYPT_N })
}

/** Whether everybody knows the key: only of such a one the password lies beside it. */
export async function isPlayKey(home: string, name: string): Promise<boolean> {
  return (await readIfThere(passwordFileBeside(home, name))) !== undefined
}

/** Keys in the home, by name. */
export async function listKeystores(home: string): Promise<KeystoreEntry[]> {
  const files = await readdir(keysDirectory(home)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const names = files.filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -'.json'.length))
  return Promise.all(
    names.sort().map(async (name) => ({
      name,
      address: addressOf(await readKeystore(home, name)),
      file: fileOf(home, name),
    })),
  )
}

/**
 * Decrypts a key.
 *
 * @throws {NotFoundError} `unknownAccount`; {CorruptStateError}; {TenderError} `wrongPassword`
 */
export async function openKeystore(home: string, name: string, password: string): Promise<Hex> {
  const keystore = await readKeystore(home, name)
  const key = await deriveKey(password, keystore.crypto.kdfparams)
  try {
    return Keystore.decrypt(keystore, key)
  } catch (cause) {
    throw new TenderError(`the password of account "${name}" is wrong`, {
      code: 'wrongPassword',
      class: 'denied',
      hint: 'Nothing was done. Try again.',
      cause,
    })
  }
}

async function readKeystore(home: string, name: string): Promise<z.output<typeof keystoreSchema>> {
  const file = fileOf(home, name)
  const text = await readIfThere(file)
  if (text === undefined) {
    throw new NotFoundError(`there is no account "${name}"`, {
      code: 'unknownAccount',
      hint: `See which there are with \`tender account list\`, or make it with \`tender account new ${name}\`.`,
    })
  }
  try {
    return keystoreSchema.parse(JSON.parse(text))
  } catch (cause) {
    throw new CorruptStateError(file, { hint: 'Restore it from a copy: nothing else can open the key in it.', cause })
  }
}

function addressOf({ address }: { address: string }): Address {
  return getAddress(`0x${address.replace(/^0x/, '')}`)
}

function fileOf(home: string, name: string): string {
  return join(keysDirectory(home), `${checkName(name)}.json`)
}

/** Node's own, which is several times as fast as one in JavaScript. */
function deriveKey(password: string, { n, r, p, salt, dklen }: ScryptParameters): Promise<Hex> {
  const options: ScryptOptions = { N: n, r, p, maxmem: 128 * r * (n + p + 2) + 2 ** 20 }
  return new Promise((resolve, reject) => {
    scrypt(password, Buffer.from(salt, 'hex'), dklen, options, (error, key) =>
      error ? reject(error) : resolve(bytesToHex(key)),
    )
  })
}
