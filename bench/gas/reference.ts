import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Abi, type Address, encodeDeployData, encodeFunctionData, type Hex } from 'viem'
import type { LocalAccount } from 'viem/accounts'
import { contractsDir, forgeBinary, forgeEnv } from '../../tools/forge.ts'
import type { Bench } from './chain.ts'

const SOURCE = 'test/reference/Reference.sol'

type Artifact = { abi: Abi; bytecode: { object: Hex } }

/** Compiles the reference contract as our own are compiled. */
function compileReference(): Artifact {
  execFileSync(forgeBinary(), ['build', SOURCE], { cwd: contractsDir, env: forgeEnv(), stdio: ['ignore', 'ignore', 2] })
  // CAST: forge's own output
  return JSON.parse(readFileSync(join(contractsDir, 'out/Reference.sol/Reference.json'), 'utf8')) as Artifact
}

/** Deploys the reference with one or two slots for a lease, and gives `tenant` the same balance as in the market. */
export async function deployReference(bench: Bench, owner: LocalAccount, tenant: Address, asset: Address) {
  const { abi, bytecode } = compileReference()
  const deploy = async (twoSlots: boolean): Promise<Address> => {
    const data = encodeDeployData({ abi, bytecode: bytecode.object, args: [twoSlots] })
    const { contractAddress } = await bench.send(owner, { data })
    if (!contractAddress) throw new Error('the reference was not deployed')
    const args = [tenant, asset, 10n ** 15n]
    await bench.send(owner, {
      to: contractAddress,
      data: encodeFunctionData({ abi, functionName: 'setBalance', args }),
    })
    return contractAddress
  }
  return { oneSlot: await deploy(false), twoSlots: await deploy(true) }
}
