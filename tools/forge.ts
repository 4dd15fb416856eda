/**
 * Runs Foundry's forge in `contracts/` with the given arguments, and ends with its exit code.
 *
 *   npm run forge -- test --match-test close
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'

export const contractsDir = join(import.meta.dirname, '../contracts')

/** The platform's forge binary. npm's `.bin/forge` will not do: it exits 0 also when tests fail. */
export function forgeBinary(): string {
  const main = createRequire(join(contractsDir, 'package.json')).resolve('@foundry-rs/forge/package.json')
  const arch = process.arch === 'x64' ? 'amd64' : process.arch
  const name = `@foundry-rs/forge-${process.platform}-${arch}`
  const binary = join(
    dirname(createRequire(main).resolve(`${name}/package.json`)),
    'bin',
    process.platform === 'win32' ? 'forge.exe' : 'forge',
  )
  if (!existsSync(binary)) throw new Error(`${binary} is missing: run npm ci`)
  return binary
}

/** Forge's environment: the compiler wrapper `solc.mjs` starts with the Node that runs us. */
export function forgeEnv(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}` }
}

if (import.meta.main) {
  const forge = spawn(forgeBinary(), process.argv.slice(2), { cwd: contractsDir, env: forgeEnv(), stdio: 'inherit' })
  forge.on('error', (error) => {
    console.error(error.message)
    process.exitCode = 1
  })
  forge.on('exit', (code) => {
    process.exitCode = code ?? 1
  })
}
