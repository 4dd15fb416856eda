import fc from 'fast-check'
import { type Address, concatHex, encodeAbiParameters, type Hex, keccak256, pad, toHex, zeroHash } from 'viem'
import { describe, expect, test } from 'vitest'
import { EMPTY_ROOT } from '../era/tree.ts'
import { MAX_TASKS } from '../manifest/jobSchemas.ts'
import { drawnMonitors } from './drawnMonitors.ts'
import { chanceToCatch, sampledTasks, taskSeed } from './sampling.ts'
import { tasksOfReplica } from './share.ts'
import { taskEnvironment } from './taskEnvironment.ts'
import { MAX_RESULT_BYTES, outputPath, taskRecordSchema } from './taskRecord.ts'
import { resultRoot, watermark, watermarksOf } from './watermark.ts'

const hex32 = (text: string): Hex => keccak256(toHex(text))
const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => toHex(bytes))

describe('shares', () => {
  test('of all replicas are all tasks, each once, as even as can be', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 32 }), (tasks, replicas) => {
        const shares = Array.from({ length: replicas }, (_, index) => tasksOfReplica(tasks, replicas, index))
        expect(shares.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: tasks }, (_, task) => task))
        const sizes = shares.map((share) => share.length)
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
      }),
    )
    expect(tasksOfReplica(7, 3, 1)).toEqual([1, 4])
  })
})

describe('watermarks', () => {
  const record = { task: 3, exit: 0, output: hex32('out'), outputBytes: 5, block: 17, blockHash: hex32('block') }

  test('are hashes over the eight words of a record, its owner and the one before', () => {
    const words = encodeAbiParameters(
      [...['bytes32', 'uint32', 'bytes32', 'uint64', 'uint32', 'bytes32', 'uint64', 'bytes32']].map((type) => ({
        type,
      })),
      [record.output, 0, hex32('lease'), 7n, 3, zeroHash, 17n, record.blockHash],
    )
    expect(watermark(record, { lease: hex32('lease'), provider: 7n }, zeroHash)).toBe(keccak256(words))
  })

  test('are these', () => {
    const result = { lease: hex32('lease'), provider: 7n, records: [record, { ...record, task: 5, block: 18 }] }
    expect(watermarksOf(result)).toEqual(VECTORS.watermarks)
    expect(resultRoot(watermarksOf(result))).toBe(VECTORS.root)
    expect(resultRoot([])).toBe(EMPTY_ROOT)
  })

  test('of two are hashed as a sorted pair', () => {
    const [a = zeroHash, b = zeroHash] = VECTORS.watermarks
    expect(resultRoot([a, b])).toBe(keccak256(concatHex(a < b ? [a, b] : [b, a])))
  })
})

test('what a record says of a task is within its bounds', () => {
  const record = { task: 3, exit: 0, output: hex32('out'), outputBytes: 5, block: 17, blockHash: hex32('block') }
  expect(taskRecordSchema.parse(record)).toEqual(record)
  const wrong = [{ task: -1 }, { task: MAX_TASKS }, { exit: -1 }, { exit: 256 }, { outputBytes: -1 }, { block: -1 }]
  for (const change of wrong) expect(taskRecordSchema.safeParse({ ...record, ...change }).success).toBe(false)
  expect(outputPath(3)).toBe('outputs/3')
  const largest = {
    ...record,
    task: MAX_TASKS - 1,
    exit: 255,
    outputBytes: Number.MAX_SAFE_INTEGER,
    block: 2 ** 48 - 1,
  }
  expect(JSON.stringify(largest).length * MAX_TASKS).toBeLessThan(MAX_RESULT_BYTES)
})

describe('a sample', () => {
  test('is of distinct tasks of the lease, rising, and all where there are no more', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 250 }), (seed, tasks, sample) => {
        const own = tasksOfReplica(3 * tasks, 3, 1)
        const drawn = sampledTasks(seed, own, sample)
        expect(drawn).toHaveLength(Math.min(sample, tasks))
        expect(drawn).toEqual([...new Set(drawn)].sort((a, b) => a - b))
        expect(drawn.every((task) => own.includes(task))).toBe(true)
      }),
    )
  })

  test('is this one', () => {
    expect(sampledTasks(hex32('seed'), tasksOfReplica(100, 2, 0), 5)).toEqual(VECTORS.sample)
  })

  test('meets every task about equally often', () => {
    const met = new Array<number>(10).fill(0)
    for (let round = 0; round < 2000; round++)
      for (const task of sampledTasks(hex32(`round ${round}`), tasksOfReplica(10, 1, 0), 3))
        met[task] = (met[task] ?? 0) + 1
    // 600 each; the standard deviation is 20.
    for (const times of met) expect(Math.abs(times - 600)).toBeLessThan(100)
  })

  test('catches as often as it is said to', () => {
    const [tasks, cheated, sample] = [50, 10, 3]
    const { exact } = chanceToCatch({ tasks, cheated, sample })
    let caught = 0
    for (let round = 0; round < 2000; round++)
      if (sampledTasks(hex32(`try ${round}`), tasksOfReplica(tasks, 1, 0), sample).some((task) => task < cheated))
        caught++
    expect(exact).toBeCloseTo(1 - (40 * 39 * 38) / (50 * 49 * 48), 12)
    expect(Math.abs(caught / 2000 - exact)).toBeLessThan(0.05)
  })
})

test('the chance to catch is at least that of the formula, and certain when all are run again', () => {
  const job = fc
    .integer({ min: 1, max: 1000 })
    .chain((tasks) =>
      fc.record({ tasks: fc.constant(tasks), cheated: fc.nat(tasks), sample: fc.integer({ min: 1, max: tasks }) }),
    )
  fc.assert(
    fc.property(job, ({ tasks, cheated, sample }) => {
      const { exact, formula } = chanceToCatch({ tasks, cheated, sample })
      expect(exact).toBeGreaterThanOrEqual(formula - 1e-12)
      expect(exact).toBeLessThanOrEqual(1)
      expect(chanceToCatch({ tasks, cheated, sample: tasks }).exact).toBe(cheated > 0 ? 1 : 0)
    }),
  )
  expect(chanceToCatch({ tasks: 1_000_000, cheated: 200_000, sample: 10 }).exact).toBeCloseTo(1 - 0.8 ** 10, 5)
  expect(chanceToCatch({ tasks: 50, cheated: 10, sample: 5 }).formula).toBeCloseTo(1 - 0.8 ** 5, 12)
  expect(chanceToCatch({ tasks: 0, cheated: 0, sample: 5 })).toEqual({ exact: 0, formula: 0 })
})

test('a task’s environment is the same for all, and its own variables cannot change it', () => {
  const place = { order: hex32('order'), task: 1 }
  const environment = taskEnvironment({ tasks: ['a', 'b'] }, { A: '1', TENDER_TASK: '9' }, place)
  expect(environment).toEqual({
    A: '1',
    TENDER_TASK: '1',
    TENDER_TASKS: '2',
    TENDER_ITEM: 'b',
    TENDER_INPUT: '/input',
    TENDER_OUTPUT: '/output',
    TENDER_SEED: taskSeed(place.order, 1),
  })
  expect(taskEnvironment({ tasks: 5 }, {}, place)).toMatchObject({ TENDER_ITEM: '1', TENDER_TASKS: '5' })
  expect(() => taskEnvironment({ tasks: ['a'] }, {}, place)).toThrow('no task 1')
  expect(taskSeed(place.order, 1)).toBe(VECTORS.taskSeed)
})

describe('validators', () => {
  const address = (index: number): Address => pad(toHex(index + 1), { size: 20 })
  const lots = (weights: readonly number[]) =>
    weights.map((weight, index) => ({ monitor: address(index), weight: BigInt(weight) }))

  test('are distinct and weigh something; all where there are no more', () => {
    const weights = fc.array(fc.nat(1000), { maxLength: 20 })
    fc.assert(
      fc.property(seeds, weights, fc.integer({ min: 1, max: 8 }), (seed, given, validators) => {
        const monitors = lots(given)
        const heavy = monitors.filter(({ weight }) => weight > 0n)
        const drawn = drawnMonitors({ seed, monitors, validators })
        expect(drawn).toHaveLength(Math.min(validators, heavy.length))
        expect(new Set(drawn).size).toBe(drawn.length)
        expect(drawn.every((one) => heavy.some(({ monitor }) => monitor === one))).toBe(true)
      }),
    )
  })

  test('of a second set are others, where there are enough', () => {
    const monitors = lots([5, 5, 5, 5, 5])
    const former = drawnMonitors({ seed: hex32('one'), monitors, validators: 2 })
    const second = drawnMonitors({ seed: hex32('two'), monitors, validators: 2, former })
    expect(second.some((monitor) => former.includes(monitor))).toBe(false)
  })

  test('of a second set are any, where there are not enough others', () => {
    const monitors = lots([5, 5, 5])
    const former = [address(0)]
    const second = (validators: number) =>
      drawnMonitors({ seed: hex32('two'), monitors, validators, former }).toSorted()
    expect(second(2)).toEqual([address(1), address(2)])
    expect(second(3)).toEqual([address(0), address(1), address(2)])
  })

  test('are where the number falls among the weights that are left, laid end to end', () => {
    const weights = [7, 0, 100, 3, 2_000, 40]
    const rest = lots(weights).flatMap(({ monitor, weight }) => new Array<Address>(Number(weight)).fill(monitor))
    for (let round = 0; round < 50; round++) {
      const seed = hex32(`lay ${round}`)
      let left = rest
      const expected = [0n, 1n, 2n].map((k) => {
        const number = BigInt(keccak256(encodeAbiParameters([{ type: 'bytes32' }, { type: 'uint256' }], [seed, k])))
        const found = left[Number(number % BigInt(left.length))]
        left = left.filter((monitor) => monitor !== found)
        return found
      })
      expect(drawnMonitors({ seed, monitors: lots(weights), validators: 3 })).toEqual(expected)
    }
  })

  test('are these', () => {
    expect(drawnMonitors({ seed: hex32('seed'), monitors: lots([1, 0, 10, 100, 1000]), validators: 3 })).toEqual(
      VECTORS.validators,
    )
  })

  test('are drawn by their weights', () => {
    let heavy = 0
    for (let round = 0; round < 2000; round++)
      if (drawnMonitors({ seed: hex32(`draw ${round}`), monitors: lots([3, 1]), validators: 1 })[0] === address(0))
        heavy++
    expect(Math.abs(heavy / 2000 - 0.75)).toBeLessThan(0.05)
  })
})

/** Computed once; a change of any of them breaks whatever was committed to before. */
const VECTORS: { watermarks: Hex[]; root: Hex; sample: number[]; taskSeed: Hex; validators: Address[] } = {
  watermarks: [
    '0xded7200ff92d4f579d9308452c84f178df633e70d7bbc76fa691fbb7c6401076',
    '0xbf75aad902dcd39d2fd0516d7f20085f7fd63620914c8dd046a9bd5b65a31039',
  ],
  root: '0x96ac067a07291cf78e9143ab2407c039658ebcaba676838ba17a7469cf48d1b5',
  sample: [30, 40, 42, 66, 98],
  taskSeed: '0xb5a263a20b34954b4bca61b8fddbdc12377a8224356cbba7b17bdb38f2a035c5',
  validators: [
    '0x0000000000000000000000000000000000000005',
    '0x0000000000000000000000000000000000000004',
    '0x0000000000000000000000000000000000000003',
  ],
}
