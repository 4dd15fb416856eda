import { StringDecoder } from 'node:string_decoder'

/** Longer lines are cut in pieces, so that a reader never needs more. */
const MAX_LINE_CHARACTERS = 16_384

/** Cuts what a workload writes into lines. */
export type Lines = {
  write(stream: 'stdout' | 'stderr', chunk: Uint8Array): void
  /** Gives what has no newline yet. */
  close(): void
}

export function createLines(add: (stream: 'stdout' | 'stderr', text: string) => void): Lines {
  const partial = { stdout: '', stderr: '' }
  const decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') }
  return {
    write: (stream, chunk) => {
      const lines = (partial[stream] + decoders[stream].write(Buffer.from(chunk))).split('\n')
      partial[stream] = lines.pop() ?? ''
      for (const line of lines) for (const piece of pieces(line)) add(stream, piece)
      while (partial[stream].length > MAX_LINE_CHARACTERS) {
        add(stream, partial[stream].slice(0, MAX_LINE_CHARACTERS))
        partial[stream] = partial[stream].slice(MAX_LINE_CHARACTERS)
      }
    },
    close: () => {
      for (const stream of ['stdout', 'stderr'] as const) if (partial[stream] !== '') add(stream, partial[stream])
    },
  }
}

function pieces(line: string): string[] {
  const cut: string[] = []
  for (let at = 0; at === 0 || at < line.length; at += MAX_LINE_CHARACTERS) {
    cut.push(line.slice(at, at + MAX_LINE_CHARACTERS))
  }
  return cut
}
