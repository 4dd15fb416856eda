/** One reading of something at a time. */
export type Point = { seconds: number; value: number }

/**
 * How fast something climbs, per second: the median of the slopes between all pairs of points (Theil and Sen). A third of the points
 * may be anything at all and hardly change it, so a burst or a collection of garbage is no climb. 0 for fewer than two points.
 *
 * @example
 * slopeOf([{ seconds: 0, value: 1 }, { seconds: 10, value: 21 }]) // 2
 */
export function slopeOf(points: readonly Point[]): number {
  const slopes: number[] = []
  for (const [index, later] of points.entries()) {
    for (const earlier of points.slice(0, index)) {
      const seconds = later.seconds - earlier.seconds
      if (seconds > 0) slopes.push((later.value - earlier.value) / seconds)
    }
  }
  return median(slopes)
}

/** The points of the second half of the time: what a start fills, it has filled by then. */
export function secondHalf(points: readonly Point[]): Point[] {
  const [first, last] = [points[0]?.seconds ?? 0, points.at(-1)?.seconds ?? 0]
  return points.filter(({ seconds }) => seconds >= (first + last) / 2)
}

/** 0 of nothing. */
export function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0
}
