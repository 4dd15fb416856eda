export type ApiClientOptions = {
  /** Where the gateway is, without a slash at the end; empty in the gateway's own page. */
  baseUrl: string
  /** A scoped token. Absent: the session's cookie counts, where the page is the gateway's own. */
  token?: string | undefined
  /** @default the global one */
  fetch?: typeof globalThis.fetch | undefined
  /** How long one answer may take. @default 20_000 */
  timeoutMs?: number | undefined
}

/** Not all browsers' streams can be iterated. */
export async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const reader = stream.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}
