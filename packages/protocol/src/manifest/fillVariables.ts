import type { YamlPath } from './yamlFile.ts'

/**
 * Compose fills `$NAME` and `${NAME}` in values from the reader's environment and writes `$$` for a dollar. Here the same
 * file has to mean the same everywhere, so variables are refused and `$$` becomes `$`.
 */
export function fillVariables(
  value: unknown,
  refuse: (path: YamlPath, message: string) => void,
  path: YamlPath = [],
): unknown {
  if (typeof value === 'string') {
    if (/\$/.test(value.replaceAll('$$', ''))) {
      refuse(path, `variables such as ${value.match(/\$\{?\w*\}?/)?.[0]} are not filled in; write $$ for a dollar`)
    }
    return value.replaceAll('$$', '$')
  }
  if (Array.isArray(value)) return value.map((item, index) => fillVariables(item, refuse, [...path, index]))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, fillVariables(item, refuse, [...path, key])]),
  )
}
