/** An example of the repository, ready to be tried. */
export type Template = {
  id: string
  /** What it is, one sentence. */
  summary: string
  compose: string
  /** Addresses of the files that come with it, by name as its Compose file writes them. */
  files: Readonly<Record<string, string>>
}

// Bundled when the page is built, so that what is offered is what the repository's tests run.
const composes = import.meta.glob<string>('../../../../../examples/*/compose.yaml', {
  query: '?raw',
  import: 'default',
  eager: true,
})
const modules = import.meta.glob<string>('../../../../../examples/*/*.wasm', {
  query: '?url',
  import: 'default',
  eager: true,
})

/** The gallery, the smallest first. */
export const templates: readonly Template[] = Object.entries(composes)
  .map(([path, compose]) => ({ id: folderOf(path), summary: summaryOf(compose), compose, files: filesOf(path) }))
  .sort((a, b) => a.compose.length - b.compose.length)

function folderOf(path: string): string {
  return path.split('/').at(-2) ?? path
}

/** The first sentence of the file's first comment. */
function summaryOf(compose: string): string {
  const comment = /^#\s*(.+)/.exec(compose)?.[1] ?? ''
  return (/^.*?\.(?=\s|$)/.exec(comment)?.[0] ?? comment).replace(/: \/.*$/, '.')
}

function filesOf(composePath: string): Record<string, string> {
  const folder = composePath.slice(0, composePath.lastIndexOf('/') + 1)
  return Object.fromEntries(
    Object.entries(modules)
      .filter(([path]) => path.startsWith(folder))
      .map(([path, url]) => [`./${path.slice(folder.length)}`, url]),
  )
}
