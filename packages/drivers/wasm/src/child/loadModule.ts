import { readFileSync } from 'node:fs'
import { capMemory } from './capMemory.ts'
import { checkModule } from './checkModule.ts'

/** Compiles a module whose memory cannot grow past `memoryBytes`, or says why it cannot run. */
export async function loadModule(
  path: string,
  memoryBytes: number,
): Promise<{ module: WebAssembly.Module } | { invalid: string }> {
  const capped = capMemory(readFileSync(path), memoryBytes)
  if ('invalid' in capped) return capped
  try {
    const module = await WebAssembly.compile(capped.bytes)
    const invalid = checkModule(module)
    return invalid === undefined ? { module } : { invalid }
  } catch (error) {
    if (error instanceof WebAssembly.CompileError) return { invalid: error.message }
    throw error
  }
}
