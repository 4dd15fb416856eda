import { type InputIssue, InvalidInputError, type ParsedCompose, parseComposeFile } from '@tender/protocol'

/** A Compose file as it reads: what it asks for, or everything that is wrong with it. Lines count from 1. */
export type ReadCompose =
  | { parsed: ParsedCompose; issues: readonly [] }
  | { parsed: undefined; issues: readonly InputIssue[] }

/** Reads a Compose file as the command line does, in the same words. */
export function readCompose(text: string): ReadCompose {
  try {
    return { parsed: parseComposeFile(text, { file: 'compose.yaml' }), issues: [] }
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    return { parsed: undefined, issues: error.issues }
  }
}
