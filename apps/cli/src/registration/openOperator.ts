import type { LocalAccount } from 'viem'
import { type Context, setting, text } from '../command.ts'
import { openAccount } from '../openMarket.ts'

/** For commands that open two keys. */
export const operatorPasswordOption = setting('file', "a file with the operator's password, if it is another one", text)

/** Decrypts the key of an operator, beside the owner's. @throws see `openKey` */
export function openOperator(
  context: Context,
  { name, passwordFile }: { name: string; passwordFile: string | undefined },
  chainId: number,
): Promise<LocalAccount> {
  const own = { ...context, account: name, passwordFile: passwordFile ?? context.passwordFile }
  return openAccount(own, undefined, chainId)
}
