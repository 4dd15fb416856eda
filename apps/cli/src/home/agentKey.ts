import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { CorruptStateError, NotFoundError } from '@tender/protocol'
import { type Address, bytesToHex, type Hex } from 'viem'
import { privateKeyToAddress } from 'viem/accounts'
import { readIfThere, writeWhole } from './home.ts'

// An agent's key opens streams for the leases of its order. It can never move money, so it is kept without a password.

/** Makes an agent's key. It is kept before it is used, so that the leases of its order can always be reached. */
export async function createAgentKey(home: string): Promise<Hex> {
  const privateKey = bytesToHex(randomBytes(32))
  await writeWhole(fileOf(home, privateKeyToAddress(privateKey)), `${privateKey}\n`)
  return privateKey
}

/** The key of an agent of this machine. @throws {NotFoundError} `unknownAgent`; {CorruptStateError} */
export async function readAgentKey(home: string, agent: Address): Promise<Hex> {
  const file = fileOf(home, agent)
  const text = await readIfThere(file)
  if (text === undefined) {
    throw new NotFoundError(`the key of agent ${agent} is not on this machine`, {
      code: 'unknownAgent',
      hint: `Copy it to ${file} from the machine that placed the order. Closing the lease works without it.`,
    })
  }
  const key = text.trim()
  // CAST: the pattern is the type
  if (/^0x[0-9a-f]{64}$/.test(key) && privateKeyToAddress(key as Hex) === agent) return key as Hex
  throw new CorruptStateError(file, {
    hint: 'Restore it from a copy. Without it the lease can be closed, but not reached.',
  })
}

function fileOf(home: string, agent: Address): string {
  return join(home, 'agents', `${agent.toLowerCase()}.key`)
}
