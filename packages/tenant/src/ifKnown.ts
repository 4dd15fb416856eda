import { failureClass } from '@tender/protocol'

/** What is asked for, or `undefined` if the chain does not know it: a local chain may have been started anew. */
export async function ifKnown<Value>(asked: Promise<Value>): Promise<Value | undefined> {
  try {
    return await asked
  } catch (error) {
    if (failureClass(error) === 'notFound') return undefined
    throw error
  }
}
