/** A stream of what a generator yields, one piece for each that is taken. Cancelling it ends the generator. */
export function streamOf(pieces: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const left = pieces[Symbol.asyncIterator]()
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await left.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    async cancel() {
      await left.return?.()
    },
  })
}
