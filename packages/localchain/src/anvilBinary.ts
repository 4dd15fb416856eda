import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { ChainBinaryMissingError } from './errors.ts'

/**
 * Path of anvil's own binary for this platform. npm's `.bin/anvil` is a wrapper in a process of its own, which would
 * stand between us and anvil's signals.
 *
 * @throws {ChainBinaryMissingError} where npm has no anvil for this platform or did not install it
 */
export function anvilBinary(): string {
  const arch = process.arch === 'x64' ? 'amd64' : process.arch
  const name = `@foundry-rs/anvil-${process.platform}-${arch}`
  const hint = 'Run npm ci with Node 20 or later, and without --omit=optional.'
  let binary: string
  try {
    const main = createRequire(import.meta.url).resolve('@foundry-rs/anvil/package.json')
    const manifest = createRequire(main).resolve(`${name}/package.json`)
    binary = join(dirname(manifest), 'bin', process.platform === 'win32' ? 'anvil.exe' : 'anvil')
  } catch (cause) {
    throw new ChainBinaryMissingError(`${name} is not installed`, { cause, hint })
  }
  if (!existsSync(binary)) throw new ChainBinaryMissingError(`${binary} does not exist`, { hint })
  return binary
}
