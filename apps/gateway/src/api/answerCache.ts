import { createHash } from 'node:crypto'
import type { Store } from '../store/openStore.ts'

/** The body of an answer and what it is known by. */
export type Answer = { body: string; etag: string }

/** Longest life of an answer that nothing changed: states such as `ended` come with time alone. */
const LIFE_MS = 1_000
const MAX_CHARS = 32 * 1024 * 1024

/** Answers that many ask for at once are made once. */
export type AnswerCache = {
  /**
   * The answer of `key`, made by `make` if it is not there.
   *
   * @param lifeMs how old it may be even if something changed meanwhile; 0: nothing may have changed
   */
  get(key: string, make: () => Promise<string>, lifeMs?: number): Promise<Answer>
  stop(): void
}

/** Forgets everything with each change that the store tells, so that who was told of one never reads what was before it. */
export function createAnswerCache(store: Store): AnswerCache {
  type Entry = { answer: Promise<Answer>; until: number; lasting: boolean }
  const entries = new Map<string, Entry>()
  let chars = 0
  const forgetAll = () => {
    for (const [key, { lasting }] of entries) if (!lasting) entries.delete(key)
    chars = 0
  }
  const stop = store.onChange(forgetAll)
  return {
    get(key, make, lifeMs = 0) {
      const now = performance.now()
      const known = entries.get(key)
      if (known && known.until > now) return known.answer
      if (chars > MAX_CHARS) {
        entries.clear()
        chars = 0
      }
      const answer = make().then(answerOf)
      const entry = { answer, until: now + Math.max(LIFE_MS, lifeMs), lasting: lifeMs > 0 }
      entries.set(key, entry)
      answer.then(
        ({ body }) => {
          chars += body.length + key.length
        },
        () => {
          if (entries.get(key) === entry) entries.delete(key)
        },
      )
      return answer
    },
    stop,
  }
}

/** An answer with its entity tag. */
export function answerOf(body: string): Answer {
  return { body, etag: `W/"${createHash('sha1').update(body).digest('base64url')}"` }
}
