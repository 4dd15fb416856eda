import { InvalidInputError } from '../errors.ts'
import { parseComposeFile } from './composeFile.ts'

// What the tests of Compose files of containers share.

export const tender = 'x-tender: { max-price: 1 USDC/h }'

/** A file with one container whose further lines (indented by four) and top-level lines are given. */
export function file(service: string, top = tender): string {
  return `services:\n  web:\n    image: ./app.tar\n${service}${service && '\n'}${top}\n`
}

export const parse = (text: string) => parseComposeFile(text, { file: 'c.yaml' })

/** What is wrong with a file, each as `line:column path: message`. */
export function issuesOf(text: string): string[] {
  try {
    parse(text)
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    return error.issues.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`)
  }
  return []
}
