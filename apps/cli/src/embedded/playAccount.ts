import { writeWhole } from '../home/home.ts'
import { createKeystore, listKeystores, PLAY_SCRYPT_N, passwordFileBeside } from '../home/keystore.ts'
import { tenantKey } from './cast.ts'

/** Name of the embedded market's ready-made tenant. */
export const PLAY_ACCOUNT = 'dev'

/** Not a secret: the key it opens is printed in the manual of every local chain. */
const PLAY_PASSWORD = 'everybody knows this key'

/** Puts the ready-made tenant among the home's keys, with its password beside it, so that no command asks for one. Idempotent. */
export async function createPlayAccount(home: string): Promise<void> {
  await writeWhole(passwordFileBeside(home, PLAY_ACCOUNT), `${PLAY_PASSWORD}\n`)
  const known = await listKeystores(home)
  if (known.some(({ name }) => name === PLAY_ACCOUNT)) return
  await createKeystore(home, PLAY_ACCOUNT, { privateKey: tenantKey, password: PLAY_PASSWORD, scryptN: PLAY_SCRYPT_N })
}
