import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { benches } from './benches.ts'
import { drawChart, themes } from './drawChart.ts'
import { type Kept, readKept } from './keep.ts'
import { chartFile, performancePage } from './performancePage.ts'

const docs = join(import.meta.dirname, '../../docs')
const notesDir = join(import.meta.dirname, '../notes')

/** The file that is written. */
export const pageFile = join(docs, 'performance.md')
const imagesDir = join(docs, 'images/performance')

/** Writes docs/performance.md and its charts anew, from what is kept. */
export async function render(): Promise<void> {
  const kept = await readKept()
  const page = performancePage(benches, kept, await readNotes())
  const drawn = benches.flatMap(({ name }) => kept.get(name) ?? []).flatMap(charts)
  await writeFile(pageFile, page)
  await rm(imagesDir, { recursive: true, force: true })
  await mkdir(imagesDir, { recursive: true })
  await Promise.all(drawn.map(([file, svg]) => writeFile(join(imagesDir, file), svg)))
}

/** Each chart of a result, by its file's name. */
function charts({ result: { bench, charts: all, tables } }: Kept): [string, string][] {
  return all.flatMap((chart, index) =>
    themes.map((theme): [string, string] => [chartFile(bench, index + 1, theme), drawChart(chart, tables, theme)]),
  )
}

/** Hand-written remarks by benchmark. */
export async function readNotes(): Promise<Map<string, string>> {
  if (!existsSync(notesDir)) return new Map()
  const files = await readdir(notesDir)
  const texts = await Promise.all(files.map((file) => readFile(join(notesDir, file), 'utf8')))
  return new Map(files.map((file, index) => [file.replace(/\.md$/, ''), texts[index] ?? '']))
}
