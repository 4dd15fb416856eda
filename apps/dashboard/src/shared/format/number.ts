const counts = new Intl.NumberFormat('en-GB')

/** A count with its thousands apart: `12,345`. */
export function countText(value: number | bigint): string {
  return counts.format(value)
}

/** Basis points as per cent, without zeros that say nothing: `99.5 %`. */
export function bpsText(bps: number): string {
  return `${Number((bps / 100).toFixed(2))} %`
}

/** A share (0 to 1) as whole per cent: `42 %`. A share of nothing is `0 %`. */
export function shareText(part: number, whole: number): string {
  return `${whole > 0 ? Math.round((part / whole) * 100) : 0} %`
}
