/** Asked for at once; the rest waits. */
const AT_ONCE = 100

/** Asks for all of them, some at a time. */
export async function inTurns<In, Out>(list: readonly In[], ask: (item: In) => Promise<Out>): Promise<Out[]> {
  const answers: Out[] = []
  for (let from = 0; from < list.length; from += AT_ONCE) {
    answers.push(...(await Promise.all(list.slice(from, from + AT_ONCE).map(ask))))
  }
  return answers
}
