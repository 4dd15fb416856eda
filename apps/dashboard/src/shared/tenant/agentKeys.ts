import { get, set, type UseStore } from 'idb-keyval'
import type { Address, Hex } from 'viem'
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts'
import { bytesToHex, hexToBytes } from 'viem/utils'

/** Keys of this browser's agents, by the agent's address. An agent can read logs and open terminals; it never moves money. */
export type AgentKeys = {
  /** Makes a key and keeps it before anybody learns of it. */
  create(): Promise<{ address: Address; privateKey: Hex }>
  /** `undefined`: the agent is another browser's, or a command line's. */
  find(address: string): Promise<Hex | undefined>
}

type Sealed = { iv: Uint8Array<ArrayBuffer>; sealed: ArrayBuffer }

const WRAPPING = 'wrapping-key'

/** Keeps agents' keys sealed by a key that no script can take out of the browser: a copy of the database opens nothing. */
export function openAgentKeys(store: UseStore): AgentKeys {
  const wrapping = () => wrappingKey(store)
  return {
    async create() {
      const privateKey = generatePrivateKey()
      const address = privateKeyToAddress(privateKey)
      const iv = crypto.getRandomValues(new Uint8Array(12))
      const bytes = new Uint8Array(hexToBytes(privateKey))
      const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, await wrapping(), bytes)
      await set(address.toLowerCase(), { iv, sealed } satisfies Sealed, store)
      return { address, privateKey }
    },
    async find(address) {
      const kept = await get<Sealed>(address.toLowerCase(), store)
      if (!kept) return undefined
      const opened = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: kept.iv }, await wrapping(), kept.sealed)
      return bytesToHex(new Uint8Array(opened))
    },
  }
}

async function wrappingKey(store: UseStore): Promise<CryptoKey> {
  const known = await get<CryptoKey>(WRAPPING, store)
  if (known) return known
  const made = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
  await set(WRAPPING, made, store)
  // Another tab may have been faster: then its key counts.
  return (await get<CryptoKey>(WRAPPING, store)) ?? made
}
