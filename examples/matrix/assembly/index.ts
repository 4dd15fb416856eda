import { answer, readInput } from "../../assembly/compare"

// Are two products the same? Cards, and drivers, may round the last digits in another way; more than that is another product.
const TOLERANCE: f32 = 1e-3

answer(areClose(readInput("claimed/product.f32"), readInput("again/product.f32")))

function areClose(claimed: StaticArray<u8>, again: StaticArray<u8>): bool {
  if (again.length == 0 || claimed.length != again.length || again.length % 4) return false
  for (let at: usize = 0; at < <usize>again.length; at += 4) {
    const x = load<f32>(changetype<usize>(claimed) + at)
    const y = load<f32>(changetype<usize>(again) + at)
    // What is not a number is close to nothing.
    if (!(Mathf.abs(x - y) <= TOLERANCE * Mathf.max(1, Mathf.abs(y)))) return false
  }
  return true
}
