import { execFile } from 'node:child_process'
import { access } from 'node:fs/promises'
import { promisify } from 'node:util'
import { natNetworkMissing } from './natNetwork.ts'

/** Why no containers can run in networks of their own here; `undefined` if they can. */
export async function missingForContainers(): Promise<string | undefined> {
  for (const tool of ['dockerd', 'mkfs.ext4']) {
    const found = await promisify(execFile)('sh', ['-c', `command -v ${tool}`]).catch(() => undefined)
    if (!found) return `there is no ${tool}: install docker.io and e2fsprogs`
  }
  const busybox = await access('/bin/busybox').then(
    () => true,
    () => false,
  )
  return busybox ? natNetworkMissing() : 'there is no /bin/busybox: install busybox-static'
}
