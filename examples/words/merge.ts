import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Words of all texts with how often they occur, the most frequent first. */
export async function merge(folder: string): Promise<[word: string, times: number][]> {
  const outputs = join(folder, 'outputs')
  const words = new Map<string, number>()
  for (const task of await readdir(outputs)) {
    const lines = (await readFile(join(outputs, task, 'words.tsv'), 'utf8')).split('\n')
    for (const [times = '', word = ''] of lines.map((line) => line.split('\t'))) {
      if (word !== '') words.set(word, (words.get(word) ?? 0) + Number(times))
    }
  }
  return [...words].sort(([one, times], [other, more]) => more - times || (one < other ? -1 : 1))
}

if (import.meta.main) {
  for (const [word, times] of (await merge(process.argv[2] ?? '.')).slice(0, 20)) console.log(`${times}\t${word}`)
}
