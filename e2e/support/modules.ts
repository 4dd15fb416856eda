import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

const head = '0061736d01000000'

/** As hexadecimal digits. */
const modules = {
  /** Begins as a module does, and goes on as none. */
  broken: `${head}ffffffff`,
  /**
   * (module (memory (export "memory") 1) (func $s (loop (br 0))) (start $s) (func (export "_start")))
   */
  hangs: [
    head,
    '0104016000000303020000', // types, functions
    '0503010001', // memory
    '071302066d656d6f72790200065f73746172740001', // exports
    '080100', // start
    '0a0c02070003400c000b0b02000b', // code
  ].join(''),
}

/** A Compose file for a module; returns its path. */
export async function moduleOf(kind: keyof typeof modules): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'tender-e2e-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  await writeFile(join(directory, 'a.wasm'), Buffer.from(modules[kind], 'hex'))
  const file = join(directory, 'compose.yaml')
  await writeFile(
    file,
    `services: { a: { image: ./a.wasm, platform: wasi/wasm, ports: ["80"] } }\nx-tender: { max-price: 0.05 USDC/h, duration: 1h }\n`,
  )
  return file
}
