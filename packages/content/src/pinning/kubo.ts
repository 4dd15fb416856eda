import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { ContentStore } from '../store.ts'
import { callService, type PinningService, type PinState, parseAnswer, type ServiceOptions } from './pinningService.ts'
import { streamOf } from './streamOf.ts'

// The part of Kubo's RPC that pins: https://docs.ipfs.tech/reference/kubo/rpc/. The blocks travel with the request, as a CAR file, so
// nothing here needs to speak with the IPFS network.

const importedSchema = z.object({ Root: z.object({ Cid: z.object({ '/': z.string() }), PinErrorMsg: z.string() }) })
const pinsSchema = z.object({ Keys: z.record(z.string(), z.object({ Type: z.string() })) })
const failureSchema = z.object({ Message: z.string() })

/** Kubo answers every failure with this. */
const FAILED = 500

/**
 * An IPFS node of one's own that keeps DAGs, Kubo or one that speaks its RPC. Never give its RPC to the public.
 *
 * @example
 * const service = kuboPinning({ url: 'http://127.0.0.1:5001' })
 * await service.pin({ cid, name: 'results', store }, signal)   // 'pinned'
 */
export function kuboPinning(options: ServiceOptions): PinningService {
  return {
    async pin({ cid, store }, signal) {
      const boundary = `tender-${randomBytes(16).toString('hex')}`
      const { text } = await callService(
        options,
        {
          path: '/api/v0/dag/import?pin-roots=true&allow-big-block=true',
          method: 'POST',
          headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
          body: streamOf(multipart(boundary, store.exportCar(cid, signal))),
          duplex: 'half',
        },
        signal,
      )
      // One JSON object a line; the root's, and with `stats` others.
      const { Root } = parseAnswer(importedSchema, options.url, text.split('\n')[0] ?? '')
      return Root.Cid['/'] === cid.toString() && Root.PinErrorMsg === '' ? 'pinned' : 'failed'
    },

    async state(cid, signal): Promise<PinState> {
      const path = `/api/v0/pin/ls?type=recursive&arg=${cid}`
      const { status, text } = await callService(options, { path, method: 'POST', expected: [FAILED] }, signal)
      if (status === FAILED) return absent(options.url, text)
      return Object.keys(parseAnswer(pinsSchema, options.url, text).Keys).includes(cid.toString()) ? 'pinned' : 'absent'
    },

    async unpin(cid, signal) {
      const path = `/api/v0/pin/rm?recursive=true&arg=${cid}`
      const { status, text } = await callService(options, { path, method: 'POST', expected: [FAILED] }, signal)
      if (status === FAILED) absent(options.url, text)
    },
  }
}

/** Kubo says `is not pinned` or `not pinned or pinned indirectly`, and no code. */
function absent(url: string, text: string): 'absent' {
  const { Message } = parseAnswer(failureSchema, url, text)
  if (!/not pinned/.test(Message)) parseAnswer(z.never(), url, text)
  return 'absent'
}

async function* multipart(boundary: string, car: ReturnType<ContentStore['exportCar']>): AsyncGenerator<Uint8Array> {
  const encode = (text: string) => new TextEncoder().encode(text)
  yield encode(
    `--${boundary}\r\nContent-Disposition: form-data; name="path"; filename="content.car"\r\n` +
      'Content-Type: application/vnd.ipld.car\r\n\r\n',
  )
  yield* car
  yield encode(`\r\n--${boundary}--\r\n`)
}
