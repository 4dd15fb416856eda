/** The results in order, so many at a time. Once one fails no other begins, and it fails when those that began are done. */
export async function mapAtOnce<Item, Result>(
  atOnce: number,
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  const left = items.entries()
  let failed = false
  const worker = async () => {
    for (const [index, item] of left) {
      if (failed) return
      try {
        results[index] = await work(item)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  const done = await Promise.allSettled(Array.from({ length: atOnce }, worker))
  for (const worker of done) if (worker.status === 'rejected') throw worker.reason
  return results
}
