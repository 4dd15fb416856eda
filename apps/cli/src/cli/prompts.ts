import { TenderError } from '@tender/protocol/errors'
import type { Context } from '../command.ts'
import { cancelled } from './cancelled.ts'

/** Asks before money moves: only on a terminal, and never with `--yes`. @throws {TenderError} `declined` */
export async function confirm(context: Context, question: string): Promise<void> {
  if (context.yes || !context.isTTY) return
  const { confirm: ask, isCancel } = await import('@clack/prompts')
  const answer = await ask({ message: question, output: process.stderr, signal: context.signal })
  if (isCancel(answer) || !answer) throw cancelled('nothing was done', 'declined')
}

/** Asks for a secret on the terminal, unseen. @throws {TenderError} `cancelled` */
export async function askSecret(context: Context, question: string): Promise<string> {
  const { password, isCancel } = await import('@clack/prompts')
  const answer = await password({ message: question, output: process.stderr, signal: context.signal })
  if (isCancel(answer)) throw cancelled('nothing was done', 'declined')
  return answer
}

/** Asks for a line of text, until `read` takes it. What is in the field at first is `initial`. @throws {TenderError} `cancelled` */
export async function askText<Value>(
  context: Context,
  question: string,
  read: (written: string) => Value,
  initial?: string,
): Promise<Value> {
  const { text, isCancel } = await import('@clack/prompts')
  const validate = (written: string | undefined): string | undefined => {
    try {
      read(written ?? '')
    } catch (error) {
      if (error instanceof TenderError) return error.message
      throw error
    }
  }
  const field = { message: question, output: process.stderr, signal: context.signal, validate }
  const answer = await text(initial === undefined ? field : { ...field, initialValue: initial })
  if (isCancel(answer)) throw cancelled('nothing was done', 'declined')
  return read(answer)
}

/** Asks for yes or no. @throws {TenderError} `cancelled` */
export async function askWhether(context: Context, question: string): Promise<boolean> {
  const { confirm: ask, isCancel } = await import('@clack/prompts')
  const answer = await ask({ message: question, output: process.stderr, signal: context.signal })
  if (isCancel(answer)) throw cancelled('nothing was done', 'declined')
  return answer
}
