import { readableKeys } from '@tender/protocol'
import { composeWords, tenderWords } from './composeWords.ts'
import { type YamlPlace, yamlPlaceAt } from './yamlPlace.ts'

export type ComposeOption = { label: string; detail?: string; kind: 'key' | 'value' }

/** What may stand where somebody writes in a Compose file, of what this market reads. Pure. */
export function composeOptionsAt(
  text: string,
  offset: number,
  classes: readonly string[],
): { from: number; options: ComposeOption[] } {
  const place = yamlPlaceAt(text, offset)
  const from = offset - place.word.length
  return { from, options: place.key === undefined ? keysAt(place, text) : valuesOf(place, place.key, classes) }
}

function keysAt({ path, siblings }: YamlPlace, text: string): ComposeOption[] {
  const driver = /^\s*platform:\s*["']?wasi\/wasm/m.test(text) ? 'wasm' : 'docker'
  return readableKeys(path, driver)
    .filter((key) => !siblings.includes(key))
    .map((label) => ({ label, ...detailOf(path, label), kind: 'key' }))
}

function detailOf(path: YamlPlace['path'], key: string): { detail?: string } {
  const detail = wordsOf(path, key)?.detail
  return detail === undefined ? {} : { detail }
}

function wordsOf(path: YamlPlace['path'], key: string) {
  return path.length === 1 && path[0] === 'x-tender' ? tenderWords[key] : composeWords[key]
}

function valuesOf({ path }: YamlPlace, key: string, classes: readonly string[]): ComposeOption[] {
  const isClass = path.length === 1 && path[0] === 'x-tender' && key === 'resource'
  const values = isClass && classes.length > 0 ? classes : (wordsOf(path, key)?.values ?? [])
  return values.map((label) => ({ label, kind: 'value' }))
}
