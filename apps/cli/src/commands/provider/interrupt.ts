import { interruptLease } from '@tender/provider'
import { confirm } from '../../cli/prompts.ts'
import { defineCommand, needed, required, setting, text } from '../../command.ts'
import { readProviderConfig } from '../../providerConfig.ts'
import { findRunningLease } from '../../runningProvider.ts'

export const providerInterruptCommand = defineCommand({
  description:
    'Ends an interruptible lease of the provider that runs here, with the notice that it promised. Only leases of that tier: to leave any other costs stake.',
  examples: ['tender provider interrupt 0x5c81 --config provider.json'],
  arguments: { lease: required('the lease, or how its id begins') },
  options: { config: needed(setting('file', 'its configuration, from `tender provider init`', text)) },
  async run(context, { lease, config: file }) {
    const { stateDir } = await readProviderConfig(file)
    const leaseId = await findRunningLease(stateDir, lease)
    await confirm(context, `End lease ${leaseId}?`)
    await interruptLease(stateDir, leaseId)
    return { leaseId }
  },
  print: ({ leaseId }, out) => out.line(`lease ${leaseId} is being ended; \`tender provider status\` says when`),
})
