import { printTable } from '../../cli/table.ts'
import { defineCommand } from '../../command.ts'
import { listKeystores } from '../../home/keystore.ts'

export const accountListCommand = defineCommand({
  description: 'Lists the accounts whose keys are on this machine.',
  examples: ['tender account list'],
  run: async ({ home }) => ({ accounts: await listKeystores(home) }),
  print({ accounts }, out) {
    if (accounts.length === 0) return out.line('there is no account yet: make one with `tender account new`')
    printTable(
      out,
      ['NAME', 'ADDRESS'],
      accounts.map(({ name, address }) => [name, address]),
    )
  },
})
