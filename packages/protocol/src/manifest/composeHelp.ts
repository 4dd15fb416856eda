import { placeOf } from './composeKeys.ts'
import { containerKeys } from './containerKeys.ts'
import { wasmKeys } from './wasmKeys.ts'
import type { YamlPath } from './yamlFile.ts'

/**
 * The keys that are read at a place of a Compose file, for whoever helps to write one: nothing else is taken there. Empty where the
 * file's author chooses the names.
 *
 * @example
 * readableKeys(['services', 'web', 'deploy', 'resources'], 'docker') // ['limits', 'reservations']
 */
export function readableKeys(path: YamlPath, driver: 'wasm' | 'docker'): readonly string[] {
  const { readable } = driver === 'wasm' ? wasmKeys : containerKeys
  return readable[placeOf(path)] ?? []
}
