import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createWasmDriver } from '@tender/driver-wasm'
import { createLog } from '@tender/kit'
import { providerConfigSchema } from '../config.ts'
import { startProvider } from '../provider.ts'

// A provider as a process of its own, to be killed: `node testProviderProcess.ts config.json 0x<key>`. Tells its addresses.

const [, , file = '', key = ''] = process.argv
const config = providerConfigSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
const provider = await startProvider({
  config,
  // CAST: whoever starts it gives a key
  privateKey: key as `0x${string}`,
  drivers: [createWasmDriver({ stateDir: join(config.stateDir, 'wasm') })],
  log: createLog({ name: 'provider', level: 'silent' }),
})
process.stdout.write(`${JSON.stringify(provider.addresses())}\n`)
