// Loaded before a program, by `node --import`: its machine's clock is off by as many milliseconds as the file named in CHAOS_CLOCK
// says, and jumps when the file changes. What measures time that passes is right.
import { readFileSync } from 'node:fs'

const file = process.env.CHAOS_CLOCK ?? ''
const LOOK_EVERY_MS = 250
const RightDate = Date
let aheadMs = 0

function look(): void {
  try {
    const ahead = Number(readFileSync(file, 'utf8'))
    if (Number.isFinite(ahead)) aheadMs = ahead
  } catch {
    aheadMs = 0
  }
}

class WrongDate extends RightDate {
  constructor(...given: []) {
    if (given.length === 0) super(WrongDate.now())
    else super(...given)
  }
  static override now(): number {
    return RightDate.now() + aheadMs
  }
}

look()
setInterval(look, LOOK_EVERY_MS).unref()
// CAST: whoever calls `Date` without `new` gets no text; nothing here does
globalThis.Date = WrongDate as DateConstructor
