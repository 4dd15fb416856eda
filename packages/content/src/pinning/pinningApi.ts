import type { CID } from 'multiformats/cid'
import { z } from 'zod'
import { callService, type PinningService, type PinState, parseAnswer, type ServiceOptions } from './pinningService.ts'

// The IPFS Pinning Service API 1.0: https://ipfs.github.io/pinning-services-api-spec/. The service fetches the blocks itself, from the
// IPFS network or from the nodes at `origins`.

const statusSchema = z.object({
  requestid: z.string().min(1).max(1024),
  status: z.enum(['queued', 'pinning', 'pinned', 'failed']),
  pin: z.object({ cid: z.string().max(256) }),
})
const resultsSchema = z.object({ count: z.int().min(0), results: z.array(statusSchema).max(1000) })

const STATES = 'queued,pinning,pinned,failed'
const NOT_FOUND = 404
/** The longest name that the API takes. */
const MAX_NAME_CHARACTERS = 255

export type PinningApiOptions = ServiceOptions & {
  /**
   * Multiaddrs with `/p2p/…` of IPFS nodes that have the blocks, at most 20: a Kubo where they are pinned, see `kuboPinning`. The
   * peers of this market do not speak Bitswap, so a service cannot fetch from them.
   */
  origins?: readonly string[]
}

/**
 * A company or an archive that speaks the IPFS Pinning Service API; those that store on Filecoin do too.
 *
 * @example
 * const node = kuboPinning({ url: 'http://127.0.0.1:5001' })
 * const archive = pinningApi({ url: 'https://pins.example/psa', token, origins: ['/dns4/ipfs.example/tcp/4001/p2p/12D3…'] })
 * await node.pin({ cid, name, store }, signal)      // the blocks are on the IPFS network
 * await archive.pin({ cid, name, store }, signal)   // 'queued', later archive.state(cid) says 'pinned'
 */
export function pinningApi({ origins = [], ...options }: PinningApiOptions): PinningService {
  async function find(cid: CID, signal: AbortSignal) {
    const path = `/pins?cid=${cid}&status=${STATES}&limit=10`
    const { text } = await callService(options, { path }, signal)
    const { results } = parseAnswer(resultsSchema, options.url, text)
    return results.filter(({ pin }) => pin.cid === cid.toString())
  }

  return {
    async pin({ cid, name }, signal): Promise<PinState> {
      const [known] = (await find(cid, signal)).filter(({ status }) => status !== 'failed')
      if (known) return known.status
      const { text } = await callService(
        options,
        {
          path: '/pins',
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({
            cid: cid.toString(),
            name: name.slice(0, MAX_NAME_CHARACTERS),
            origins: origins.slice(0, 20),
          }),
        },
        signal,
      )
      return parseAnswer(statusSchema, options.url, text).status
    },

    async state(cid, signal) {
      const states = (await find(cid, signal)).map(({ status }) => status)
      return (['pinned', 'pinning', 'queued', 'failed'] as const).find((state) => states.includes(state)) ?? 'absent'
    },

    async unpin(cid, signal) {
      for (const { requestid } of await find(cid, signal)) {
        const path = `/pins/${encodeURIComponent(requestid)}`
        await callService(options, { path, method: 'DELETE', expected: [NOT_FOUND] }, signal)
      }
    },
  }
}
