import { readFile } from 'node:fs/promises'
import { InvalidInputError, TenderError } from '@tender/protocol'
import type { Hex } from 'viem'
import { generatePrivateKey } from 'viem/accounts'
import { defineCommand, optional, setting, text } from '../../command.ts'
import { createKeystore } from '../../home/keystore.ts'
import { newPassword } from '../../home/password.ts'

const DEFAULT_NAME = 'main'

export const accountNewCommand = defineCommand({
  description:
    'Makes a key and keeps it encrypted, or takes in one that a file holds. Who has the file and the password has the money: keep a copy of both. Nothing can bring a lost password back.',
  examples: [
    'tender account new',
    'tender account new savings --password-file ~/.secrets/savings',
    'tender account new operator --import operator.key',
  ],
  arguments: { name: optional(`what to call it, ${DEFAULT_NAME} unless told`) },
  options: { import: setting('file', 'take in the private key that this file holds as hex', text) },
  async run(context, { name = DEFAULT_NAME, import: file }) {
    const privateKey = file === undefined ? generatePrivateKey() : await readKey(file)
    return createKeystore(context.home, name, { privateKey, password: await newPassword(context, name) })
  },
  print({ name, address, file }, out) {
    out.line(`account ${out.paint('bold', name)} ${address}`)
    out.line(out.paint('dim', `kept encrypted in ${file}`))
  },
})

/** A key comes from a file and never from the command line, where everybody on the machine could read it. */
async function readKey(file: string): Promise<Hex> {
  const written = await readFile(file, 'utf8').catch((cause) => {
    throw new TenderError(`${file} cannot be read`, { code: 'fileUnreadable', class: 'user', cause })
  })
  const digits = written.trim().replace(/^0x/, '')
  if (/^[0-9a-f]{64}$/i.test(digits)) return `0x${digits.toLowerCase()}`
  throw new InvalidInputError(`${file} holds no private key`, [{ message: 'it takes 64 hex digits', file }])
}
