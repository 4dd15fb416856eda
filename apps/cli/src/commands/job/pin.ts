import { shortId } from '@tender/tenant'
import { confirm } from '../../cli/prompts.ts'
import { defineCommand, required, setting, text, toggle } from '../../command.ts'
import { marketDirectory } from '../../home/home.ts'
import { findJob } from '../../jobs/findJobs.ts'
import { openJobStore } from '../../jobs/jobPlaces.ts'
import { keepResults, pinningService, readSecret, SERVICE_FORMS } from '../../jobs/pinService.ts'
import { openMarket } from '../../openMarket.ts'
import { openTenantRecords } from '../../tenant/fileRecords.ts'

export const jobPinCommand = defineCommand({
  description: `Has a job's results kept elsewhere too: by an IPFS node of your own, by a pinning service, or on Filecoin. Bring them first, with \`tender run\` or \`tender job results\`. What is kept there anybody can read who knows its CID. A service is one of ${SERVICE_FORMS}. Filecoin is paid by a wallet that has deposited USDFC with its storage service; its key is only read, from the file, and never leaves this machine.`,
  examples: [
    'tender job pin 4fa1 kubo+http://127.0.0.1:5001',
    'tender job pin 4fa1 psa+https://pins.example/psa --token-file token.txt',
    'tender job pin 4fa1 filecoin:calibration --token-file wallet.key',
    'tender job pin 4fa1 kubo+http://127.0.0.1:5001 --release',
  ],
  arguments: {
    job: required("the beginning of an order's id or of a lease's"),
    service: required('who keeps it'),
  },
  options: {
    tokenFile: setting('file', "with the service's token, or the key of Filecoin's wallet", text),
    release: toggle('it need not keep them any longer'),
  },
  async run(context, { job: prefix, service: where, tokenFile, release }) {
    const service = pinningService(where, await readSecret(tokenFile))
    const { name, market } = await openMarket(context)
    const directory = marketDirectory(context.home, name)
    const records = await openTenantRecords(directory)
    const { record, leases } = await findJob({ market, records }, prefix)
    if (!release) await confirm(context, `Have the results of ${record.name} kept where others can read them?`)
    const store = openJobStore(directory, record.composeFile)
    try {
      context.progress.status(release ? 'asking' : 'sending')
      const ids = leases.map(({ leaseId }) => leaseId)
      const asked = { leases: ids, name: `${record.name}-${shortId(record.id)}`, release }
      return { order: record.id, service: where, leases: await keepResults(service, store, asked, context.signal) }
    } finally {
      store.close()
    }
  },
  print({ leases }, out) {
    for (const { leaseId, cid, state } of leases) {
      const said = cid === undefined ? 'its result is not here: `tender job results` brings it' : `${state} ${cid}`
      out.line(`lease ${shortId(leaseId)}: ${said}`)
    }
  },
})
