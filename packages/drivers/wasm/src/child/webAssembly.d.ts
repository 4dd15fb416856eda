/** What we use of the engine's global; its types come with TypeScript's `dom` library only. */
declare namespace WebAssembly {
  type Kind = 'function' | 'global' | 'memory' | 'table' | 'tag'
  type ModuleImports = Record<string, (...args: never[]) => unknown>
  class Module {
    /** Keeps a plain object from passing for a module. */
    private readonly brand
    constructor(bytes: Uint8Array)
    static imports(module: Module): { module: string; name: string; kind: Kind }[]
    static exports(module: Module): { name: string; kind: Kind }[]
  }
  class Instance {
    constructor(module: Module, imports: Record<string, ModuleImports>)
    readonly exports: Readonly<Record<string, unknown>>
  }
  class Memory {
    private constructor()
    readonly buffer: ArrayBuffer
  }
  class CompileError extends Error {}
  function compile(bytes: Uint8Array): Promise<Module>
}
