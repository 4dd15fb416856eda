/** A number to show, or nothing where there is none. */
export function shown(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : value
}
