import { wasiNames } from './wasiImports.ts'

const WASI_MODULE = 'wasi_snapshot_preview1'

/** Why a compiled module cannot run as a WASI command, or undefined if it can. Nothing of it is run. */
export function checkModule(module: WebAssembly.Module): string | undefined {
  const known = wasiNames()
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (from !== WASI_MODULE) return `it imports ${from}.${name}; only ${WASI_MODULE} is there`
    if (kind !== 'function' || !known.has(name)) return `it imports ${from}.${name}, which WASI preview 1 does not have`
  }
  const exported = new Map(WebAssembly.Module.exports(module).map(({ name, kind }) => [name, kind]))
  if (exported.get('_start') !== 'function') return 'it exports no function _start, so it is no WASI command'
  if (exported.get('memory') !== 'memory') return 'it exports no memory'
  return undefined
}
