import { placeOf } from './composeKeys.ts'
import { isMap } from './written.ts'
import type { YamlPath } from './yamlFile.ts'

/** Maps whose keys are Compose's own, so that one with `x-` is an extension and not something's name. */
const places = new Set([
  '',
  'services.*',
  'services.*.deploy',
  'services.*.healthcheck',
  'volumes.*',
  'configs.*',
  'secrets.*',
])

/** Takes away the extensions (`x-…`) that Compose leaves to other tools. */
export function withoutExtensions(value: unknown, path: YamlPath = []): { value: unknown; extensions: YamlPath[] } {
  if (!isMap(value) || path.length > 3) return { value, extensions: [] }
  const extensions: YamlPath[] = []
  const own = places.has(placeOf(path))
  const entries = Object.entries(value).flatMap(([key, item]): [string, unknown][] => {
    const at = [...path, key]
    if (own && key.startsWith('x-') && !key.startsWith('x-tender')) {
      extensions.push(at)
      return []
    }
    const inner = withoutExtensions(item, at)
    extensions.push(...inner.extensions)
    return [[key, inner.value]]
  })
  return { value: Object.fromEntries(entries), extensions }
}
