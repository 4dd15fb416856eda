import { InvalidInputError, NotFoundError, TenderError } from '@tender/protocol'
import { askSecret } from '../cli/prompts.ts'
import type { Context } from '../command.ts'
import { passwordFileBeside, readIfThere } from './home.ts'

/** Anything shorter is guessed, whatever a guess costs. */
const LEAST_CHARACTERS = 8

/**
 * The password of a key: from `--password-file`, `TENDER_PASSWORD_FILE` or the file beside the key, else asked for on the
 * terminal.
 *
 * @throws {TenderError} `passwordNeeded`; {NotFoundError} if a file that was named is missing
 */
export async function passwordOf(context: Context, name: string): Promise<string> {
  const written = await passwordFromFile(context)
  if (written !== undefined) return written
  const beside = await readIfThere(passwordFileBeside(context.home, name))
  if (beside !== undefined) return firstLine(beside)
  if (!context.isTTY) throw passwordNeeded(name)
  return askSecret(context, `Password of account ${name}`)
}

/** A password for a key that is being made. @throws {InvalidInputError} if it is short or mistyped */
export async function newPassword(context: Context, name: string): Promise<string> {
  const written = await passwordFromFile(context)
  if (written === undefined && !context.isTTY) throw passwordNeeded(name)
  const password = written ?? (await askSecret(context, `A password for account ${name}`))
  if (password.length < LEAST_CHARACTERS) {
    throw new InvalidInputError(`a password has ${LEAST_CHARACTERS} characters or more`, [], { code: 'weakPassword' })
  }
  if (written === undefined && (await askSecret(context, 'The same again')) !== password) {
    throw new InvalidInputError('that was not the same password', [], { code: 'passwordMistyped' })
  }
  return password
}

async function passwordFromFile({ passwordFile }: Context): Promise<string | undefined> {
  if (passwordFile === undefined) return undefined
  const text = await readIfThere(passwordFile)
  if (text !== undefined) return firstLine(text)
  throw new NotFoundError(`the password file ${passwordFile} does not exist`, { code: 'fileNotFound' })
}

function firstLine(text: string): string {
  return text.split(/\r?\n/, 1)[0] ?? ''
}

function passwordNeeded(name: string): TenderError {
  return new TenderError(`the password of account "${name}" is needed`, {
    code: 'passwordNeeded',
    class: 'user',
    hint: 'Name a file that holds it with --password-file or TENDER_PASSWORD_FILE, or run this on a terminal.',
  })
}
