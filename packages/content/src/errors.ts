import { TenderError } from '@tender/protocol'

/** Content is larger than what its reader allows: bytes, files, blocks or depth. */
export class ContentLimitError extends TenderError {
  constructor(what: string, { limit, ...data }: { limit: number } & Readonly<Record<string, unknown>>) {
    super(`the content has more than ${limit} ${what}`, {
      code: 'contentTooLarge',
      class: 'user',
      data: { what, limit, ...data },
    })
  }
}

/** The store's quota does not hold another block. */
export class StoreFullError extends TenderError {
  constructor(data: { usedBytes: number; limitBytes: number; neededBytes: number }) {
    super(`the content store is full: ${data.usedBytes} of ${data.limitBytes} bytes are used`, {
      code: 'storeFull',
      class: 'limit',
      hint: 'Unpin what is no longer needed and collect garbage, or give the store more bytes.',
      data,
    })
  }
}

/** What is there is not content as this project reads it: no UnixFS, an odd name, a symbolic link. */
export class MalformedContentError extends TenderError {
  constructor(reason: string, { cause, ...data }: Readonly<Record<string, unknown>> = {}) {
    super(`the content is malformed: ${reason}`, {
      code: 'badContent',
      class: 'user',
      cause,
      data: { reason, ...data },
    })
  }
}

/** A block that is not what its CID says, or that nobody asked for. */
export class BadBlockError extends TenderError {
  constructor(reason: string, cid: string) {
    super(`a block is wrong: ${reason}`, { code: 'badBlock', class: 'network', data: { reason, cid } })
  }
}

/** Blocks that the store does not have. */
export class MissingBlockError extends TenderError {
  constructor(cid: string) {
    super(`block ${cid} is not in the store`, { code: 'blockMissing', class: 'notFound', data: { cid } })
  }
}

/** No source gave the blocks that are still missing. `failures` says why, per source that was given up. */
export class ContentUnavailableError extends TenderError {
  readonly failures: readonly { source: number; error: unknown }[]

  constructor(cid: string, missing: number, failures: readonly { source: number; error: unknown }[]) {
    super(`no source has all of ${cid}: ${missing} blocks are missing`, {
      code: 'contentUnavailable',
      class: 'network',
      cause: failures[0]?.error,
      data: { cid, missing },
    })
    this.failures = failures
  }
}
