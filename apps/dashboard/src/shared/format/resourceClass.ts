/** What people call the classes that this market's software knows; the short name is shown beside it. */
const known: Readonly<Record<string, { title: string; unit: string }>> = {
  cu: { title: 'Compute unit', unit: 'one core, 4 GiB of memory, 25 GiB of disk' },
  'storage.gib': { title: 'Storage', unit: 'one GiB of disk' },
}

/**
 * A resource class in words.
 *
 * @example
 * classTitle('gpu.nvidia.h100-80gb') // 'NVIDIA H100-80GB GPU'
 */
export function classTitle(name: string): string {
  const gpu = /^gpu\.([a-z0-9-]+)\.([a-z0-9-]+)$/.exec(name)
  if (gpu) return `${gpu[1]} ${gpu[2]} GPU`.toUpperCase()
  return known[name]?.title ?? name
}

/** What one unit of a class is; undefined if the name says it. */
export function classUnit(name: string): string | undefined {
  return known[name]?.unit
}
