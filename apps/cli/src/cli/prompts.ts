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
