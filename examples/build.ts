import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { main } from 'assemblyscript/asc'

/** What `tender up` brings up, and what `tender run` runs. */
export const examples = ['hello', 'image'] as const
export const jobExamples = ['montecarlo', 'pathtracer'] as const
/** Jobs of containers, whose module is their comparator. */
export const comparators = { matrix: 'close.wasm' } as const
export const modules = [...examples, ...jobExamples, 'matrix'] as const
export type Example = (typeof modules)[number]

/** Where an example's module lies. */
export function modulePath(name: Example): string {
  return join(import.meta.dirname, name, name === 'matrix' ? comparators[name] : `${name}.wasm`)
}

/** Compiles an example from its source; the same source gives the same bytes everywhere. */
export async function compile(name: Example): Promise<Uint8Array> {
  const built = new Map<string, Uint8Array | string>()
  const flags = ['-O3', '--shrinkLevel', '1', '--converge', '--noAssert', '--runtime', 'stub', '--use', 'abort=']
  const source = [`${name}/assembly/index.ts`, '--baseDir', import.meta.dirname, '--exportStart', '_start']
  const { error, stderr } = await main([...source, ...flags, '--outFile', 'out.wasm'], {
    writeFile: (file, contents) => {
      built.set(file, contents)
    },
  })
  const module = built.get('out.wasm')
  if (error || !(module instanceof Uint8Array)) throw new Error(`${name} does not compile: ${stderr}`, { cause: error })
  return module
}

if (import.meta.main) for (const name of modules) await writeFile(modulePath(name), await compile(name))
