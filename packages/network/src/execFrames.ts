import { z } from 'zod'
import { CHUNK_BYTES } from './chunks.ts'
import { bytesSchema } from './schemas.ts'

// What travels once a command runs. Its input has a window, so that a command that does not read keeps neither a resize nor a
// kill from getting through: a caller sends at most so many bytes that were not reported as taken.

/** Input that may be on its way or waiting for the command. */
export const INPUT_WINDOW_BYTES = 256 * 1024

export const MAX_FRAME_BYTES = CHUNK_BYTES + 1024

const side = z.int().min(1).max(10_000)
export const terminalSchema = z.strictObject({ columns: side, rows: side })

/** From the caller. */
export const inputSchema = z.union([
  z.strictObject({ stdin: bytesSchema(CHUNK_BYTES) }),
  z.strictObject({ end: z.literal(true) }),
  z.strictObject({ resize: terminalSchema }),
  z.strictObject({ kill: z.literal(true) }),
])
export type ExecInput = z.infer<typeof inputSchema>

/** To the caller. `taken`: so many bytes of input more. `exit` is the last. */
export const outputSchema = z.union([
  z.strictObject({ stdout: bytesSchema(CHUNK_BYTES) }),
  z.strictObject({ stderr: bytesSchema(CHUNK_BYTES) }),
  z.strictObject({ taken: z.int().min(1).max(INPUT_WINDOW_BYTES) }),
  z.strictObject({ exit: z.int() }),
])
export type ExecOutput = z.infer<typeof outputSchema>
