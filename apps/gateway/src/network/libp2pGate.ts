import { Transform, type TransformCallback } from 'node:stream'

/** How both sides of every libp2p connection begin, with its length before it. */
const HELLO = Buffer.from('\x13/multistream/1.0.0\n')

/** What a page sends at once: the hello and the name of its encryption. What is longer is none. */
const MAX_FIRST_BYTES = 64

/**
 * The two directions of a connection that may only be libp2p's. The page's first bytes are the hello, and until the other side has
 * said it too no more than these go on: whoever is at that address hears nothing else from here, so a mail server or a web server
 * that somebody announced as its own is of no use to anybody.
 */
export function libp2pGate(): { out: Transform; back: Transform } {
  const answered = Promise.withResolvers<void>()
  return { out: outGate(answered.promise), back: backGate(answered.resolve) }
}

function outGate(answered: Promise<void>): Transform {
  let sentBytes = 0
  let isAnswered = false
  void answered.then(() => {
    isAnswered = true
  })
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const hello = HELLO.subarray(sentBytes, sentBytes + chunk.length)
      if (sentBytes < HELLO.length && !chunk.subarray(0, hello.length).equals(hello)) return done(notLibp2p())
      const free = isAnswered ? chunk.length : Math.max(0, MAX_FIRST_BYTES - sentBytes)
      sentBytes += chunk.length
      if (free > 0) this.push(chunk.subarray(0, free))
      if (free >= chunk.length) return done()
      void answered.then(() => {
        this.push(chunk.subarray(free))
        done()
      })
    },
  })
}

function backGate(answer: () => void): Transform {
  let seenBytes = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      if (seenBytes >= HELLO.length) return done(null, chunk)
      const hello = HELLO.subarray(seenBytes, seenBytes + chunk.length)
      if (!chunk.subarray(0, hello.length).equals(hello)) return done(notLibp2p())
      seenBytes += chunk.length
      if (seenBytes >= HELLO.length) answer()
      done(null, chunk)
    },
  })
}

function notLibp2p(): Error {
  return new Error('this is no libp2p connection')
}
