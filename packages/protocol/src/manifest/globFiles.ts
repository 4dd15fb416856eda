/**
 * The paths that a pattern means, sorted as UTF-16: `*` is any part of a name, `?` one letter of it, `**` any number of folders.
 *
 * @example
 * globFiles('frames/*.json', ['frames/2.json', 'frames/1.json', 'a/frames/1.json']) // ['frames/1.json', 'frames/2.json']
 */
export function globFiles(pattern: string, paths: readonly string[]): readonly string[] {
  const parts = pattern.split('/')
  // At its end `**` means all that lies below, of which there has to be something.
  if (parts.at(-1) === '**') parts.push('*')
  return paths.filter((path) => fits(parts, path.split('/'), '**', fitsName)).sort()
}

function fitsName(pattern: string, name: string): boolean {
  return fits([...pattern], [...name], '*', (one, letter) => one === '?' || one === letter)
}

/**
 * True if the items are what the pattern says, in which `star` stands for any number of them. What a star stands for is only ever
 * made longer for the last one met: no pattern takes longer than both lengths multiplied, as a regular expression may.
 */
function fits(
  pattern: readonly string[],
  items: readonly string[],
  star: string,
  isOne: (one: string, item: string) => boolean,
): boolean {
  let at = 0
  let last: { star: number; until: number } | undefined
  for (let next = 0; next < items.length; ) {
    const [one, item = ''] = [pattern[at], items[next]]
    if (one === star) last = { star: at++, until: next }
    else if (one !== undefined && isOne(one, item)) {
      at++
      next++
    } else if (last) {
      at = last.star + 1
      next = ++last.until
    } else return false
  }
  return pattern.slice(at).every((one) => one === star)
}
