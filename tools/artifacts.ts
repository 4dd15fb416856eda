import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { contractsDir, forgeBinary, forgeEnv } from './forge.ts'

/** Contracts that are published: their ABI, their bytecode and its fingerprint, by the file they live in. */
export const publishedContracts: Readonly<Record<string, string>> = {
  ProviderRegistry: 'ProviderRegistry.sol',
  Staking: 'Staking.sol',
  CapacityRegistry: 'CapacityRegistry.sol',
  LeaseEscrow: 'LeaseEscrow.sol',
  OrderBook: 'OrderBook.sol',
  EraReports: 'EraReports.sol',
  Jobs: 'Jobs.sol',
  Rewards: 'Rewards.sol',
  StakeToken: 'StakeToken.sol',
  TestDollar: 'TestDollar.sol',
  AccessManager: 'AccessManager.sol',
}

export type AbiItem = { type: string; name?: string; inputs?: readonly { type: string }[] }

type Code = { object: string; linkReferences: Record<string, unknown> }

/** What forge writes about one contract, as far as tools here read it. */
export type Artifact = {
  abi: AbiItem[]
  bytecode: Code
  deployedBytecode: Code & { immutableReferences?: Record<string, readonly { start: number; length: number }[]> }
}

/**
 * Compiles what is deployed, in a directory laid out like `contracts/`.
 *
 * @throws {Error} if it does not compile; the compiler has said why
 */
export function buildContracts(directory = contractsDir): void {
  const { status, error } = spawnSync(forgeBinary(), ['build', 'src', '--silent'], {
    cwd: directory,
    env: forgeEnv(),
    stdio: 'inherit',
  })
  if (status !== 0) throw new Error(`the contracts do not compile${error ? `: ${error.message}` : ''}`)
}

/** A published contract as it was compiled last. */
export function readArtifact(name: string, file: string, directory = contractsDir): Artifact {
  // CAST: forge's own output
  const artifact = JSON.parse(readFileSync(join(directory, 'out', file, `${name}.json`), 'utf8')) as Artifact
  if (Object.keys(artifact.bytecode.linkReferences).length > 0) throw new Error(`${name} has unlinked libraries`)
  return artifact
}

/** A contract's name as constants and address books write it. */
export function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1)
}
