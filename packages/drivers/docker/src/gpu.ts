import type { Gpu } from '@tender/driver'

/** NVIDIA's cards of this host; none if `nvidia-smi` is not there or does not answer. */
export declare function detectGpus(signal: AbortSignal): Promise<readonly Gpu[]>

/** Resource class of a card, e.g. `gpu.nvidia.h200-141gb`. */
export declare function gpuResource(name: string, memoryBytes: number): string

/**
 * Variables that every container gets, over its own of the same names: NVIDIA's runtime reads which cards to give from the
 * environment, which an image could set.
 */
export declare function gpuEnvironment(gpus: readonly string[]): Readonly<Record<string, string>>
