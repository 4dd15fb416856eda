// Paths in containers: absolute, each in one spelling only, so that two that are the same are seen to be.

const MAX_PATH = 1023

/** True for an absolute path without `.`, `..`, empty parts, a slash at its end or control characters; `/` is one. */
export function isPlainPath(path: string): boolean {
  if (path === '/') return true
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  return path.length <= MAX_PATH && /^(?:\/(?!\.{1,2}(?:\/|$))[^/\u0000-\u001f\u007f]+)+$/.test(path)
}

/** Why nothing can be mounted there; `undefined` if it can. */
export function mountPathFault(path: string): string | undefined {
  if (!isPlainPath(path) || path === '/')
    return 'must be an absolute path such as /data, without . or .. or a slash at its end'
  if (/^\/(proc|sys|dev)(\/|$)/.test(path) && path !== '/dev/shm') return `${path} belongs to the system`
  return undefined
}

/** The first of a container's mounts that another one hides or that cannot be there; files hold nothing below them. */
export function clashingMount(
  mounts: readonly { path: string; isFile: boolean }[],
): { at: number; with: string } | undefined {
  for (const [at, { path, isFile }] of mounts.entries()) {
    const other = mounts.find((one, index) => {
      if (index === at) return false
      if (one.path === path) return index < at
      return isFile ? one.path.startsWith(`${path}/`) : one.isFile && path.startsWith(`${one.path}/`)
    })
    if (other) return { at, with: other.path }
  }
  return undefined
}
