import { random, seedFrom, variable, writeOutput } from "../../assembly/task"

// Throws darts at a square and counts those within the quarter of a circle. Each task throws others: its seed is its own.
const darts = <i32>I32.parseInt(variable("DARTS"))
seedFrom(variable("TENDER_SEED"))

let inside = 0
for (let i = 0; i < darts; i++) {
  const x = random()
  const y = random()
  if (x * x + y * y < 1) inside++
}
writeOutput("counts.json", String.UTF8.encode('{"darts":' + darts.toString() + ',"inside":' + inside.toString() + "}\n"))
