// Loaded before a program, by `node --import`: that program's machine has a wrong clock. What measures time that passes is right.

const aheadMs = Number(process.env.CLOCK_AHEAD_MS)
const RightDate = Date

class WrongDate extends RightDate {
  constructor(...given: []) {
    if (given.length === 0) super(WrongDate.now())
    else super(...given)
  }
  static override now(): number {
    return RightDate.now() + aheadMs
  }
}

// CAST: whoever calls `Date` without `new` gets no text; nothing here does
globalThis.Date = WrongDate as DateConstructor
