/**
 * The paths that a pattern means, sorted as UTF-16: `*` is any part of a name, `?` one letter of it, `**` any number of folders.
 *
 * @example
 * globFiles('frames/*.json', ['frames/2.json', 'frames/1.json', 'a/frames/1.json']) // ['frames/1.json', 'frames/2.json']
 */
export function globFiles(pattern: string, paths: readonly string[]): readonly string[] {
  const parts = pattern.split('/').map((part, at, all) => {
    if (part === '**') return at === all.length - 1 ? '.+' : '(?:[^/]+/)*'
    const name = Array.from(part, (letter) =>
      letter === '*' ? '[^/]*' : letter === '?' ? '[^/]' : letter.replace(/[\\^$.*+?()[\]{}|]/, '\\$&'),
    ).join('')
    return at === all.length - 1 ? name : `${name}/`
  })
  const expression = new RegExp(`^${parts.join('')}$`, 'u')
  return paths.filter((path) => expression.test(path)).sort()
}
