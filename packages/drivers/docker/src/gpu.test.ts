import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { detectGpus, gpuEnvironment, gpuResource, parseGpus } from './gpu.ts'

describe('a GPU', () => {
  // Names and MiB as nvidia-smi reports them.
  test.each([
    ['NVIDIA H200', 143_771, 'gpu.nvidia.h200-141gb'],
    ['NVIDIA H100 80GB HBM3', 81_559, 'gpu.nvidia.h100-80gb'],
    ['NVIDIA H100 PCIe', 81_559, 'gpu.nvidia.h100-80gb'],
    ['NVIDIA H100 NVL', 95_830, 'gpu.nvidia.h100-94gb'],
    ['NVIDIA A100-SXM4-80GB', 81_920, 'gpu.nvidia.a100-80gb'],
    ['NVIDIA A100-SXM4-40GB', 40_960, 'gpu.nvidia.a100-40gb'],
    ['NVIDIA A100-PCIE-40GB', 40_536, 'gpu.nvidia.a100-40gb'],
    ['NVIDIA B200', 183_359, 'gpu.nvidia.b200-180gb'],
    ['NVIDIA L40S', 46_068, 'gpu.nvidia.l40s-48gb'],
    ['NVIDIA L4', 23_034, 'gpu.nvidia.l4-24gb'],
    ['NVIDIA A10G', 23_028, 'gpu.nvidia.a10g-24gb'],
    ['Tesla T4', 15_360, 'gpu.nvidia.t4-16gb'],
    ['Tesla V100-SXM2-16GB', 16_384, 'gpu.nvidia.v100-16gb'],
    ['NVIDIA GeForce RTX 4090', 24_564, 'gpu.nvidia.rtx4090-24gb'],
    ['NVIDIA GeForce RTX 5090', 32_607, 'gpu.nvidia.rtx5090-32gb'],
    ['NVIDIA GeForce RTX 3080', 10_240, 'gpu.nvidia.rtx3080-10gb'],
    ['NVIDIA GeForce RTX 3080 Ti Laptop GPU', 16_384, 'gpu.nvidia.rtx3080tilaptop-16gb'],
    ['NVIDIA GeForce GTX 1080 Ti', 11_264, 'gpu.nvidia.gtx1080ti-11gb'],
    ['Quadro RTX 6000', 24_576, 'gpu.nvidia.rtx6000-24gb'],
    ['NVIDIA RTX 6000 Ada Generation', 49_140, 'gpu.nvidia.rtx6000ada-48gb'],
    ['NVIDIA GH200 480GB', 97_871, 'gpu.nvidia.gh200-96gb'],
    ['!!!', 1_024, 'gpu.nvidia.unknown-1gb'],
  ])('%s with %d MiB is %s', (name, mebibytes, resource) => {
    expect(gpuResource(name, mebibytes * 2 ** 20)).toBe(resource)
    expect(resource.length).toBeLessThanOrEqual(32)
  })

  test('is read from what nvidia-smi says; what is not understood is not sold', () => {
    const text = [
      'GPU-5c1f0d1e-0000-1111-2222-333344445555, NVIDIA H200, 143771, 570.124.06',
      'GPU-5c1f0d1e-0000-1111-2222-333344445556, NVIDIA H200, [N/A], 570.124.06',
      'Unable to determine the device handle for GPU0: Unknown Error',
      '',
    ].join('\n')
    expect(parseGpus(text)).toEqual([
      {
        id: 'GPU-5c1f0d1e-0000-1111-2222-333344445555',
        resource: 'gpu.nvidia.h200-141gb',
        memoryBytes: 143_771 * 2 ** 20,
        driverVersion: '570.124.06',
      },
    ])
  })

  test('is found by a program in the PATH, and absent without one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tender-gpu-'))
    const path = process.env.PATH
    try {
      const script = '#!/bin/sh\necho "GPU-1, Tesla T4, 15360, 550.54"\n'
      writeFileSync(join(folder, 'nvidia-smi'), script)
      chmodSync(join(folder, 'nvidia-smi'), 0o755)
      process.env.PATH = `${folder}:${path}`
      expect(await detectGpus(AbortSignal.timeout(20_000))).toMatchObject([{ resource: 'gpu.nvidia.t4-16gb' }])
      writeFileSync(
        join(folder, 'nvidia-smi'),
        '#!/bin/sh\necho "has failed because it could not communicate" >&2\nexit 9\n',
      )
      expect(await detectGpus(AbortSignal.timeout(20_000))).toEqual([])
    } finally {
      process.env.PATH = path
      rmSync(folder, { recursive: true, force: true })
    }
  })

  test('is hidden from who has none, whatever its environment asks for', () => {
    expect(gpuEnvironment([])).toEqual({ NVIDIA_VISIBLE_DEVICES: 'void' })
    expect(gpuEnvironment(['GPU-1', 'GPU-2'])).toEqual({ NVIDIA_VISIBLE_DEVICES: 'GPU-1,GPU-2' })
  })
})
