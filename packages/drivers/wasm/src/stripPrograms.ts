/**
 * Prints a folder's TypeScript as JavaScript, as JSON by name of file: `node stripPrograms.ts DIRECTORY SHIM`. Imports name each other by
 * their new names, and the shim by its URL, since they will lie in another folder.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'

const [directory = '', shim = ''] = process.argv.slice(2)
const programs = readdirSync(directory)
  .filter((name) => name.endsWith('.ts') && !/\.(test|d)\.ts$/.test(name))
  .map((name) => {
    const text = stripTypeScriptTypes(readFileSync(join(directory, name), 'utf8'))
    const named = text.replaceAll(/'(\.\/\w+)\.ts'/g, "'$1.mjs'").replaceAll("'@bjorn3/browser_wasi_shim'", `'${shim}'`)
    return [name.replace(/\.ts$/, '.mjs'), named]
  })
process.stdout.write(JSON.stringify(Object.fromEntries(programs)))
