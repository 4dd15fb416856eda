import type { ReasonedVerdict } from '@tender/network'
import { type Address, type Hex, isAddressEqual } from 'viem'

/** What the validators of one seed signed, as far as it is known here. */
export type Signatures = {
  seed: Hex
  signed: Map<Address, { passed: boolean; signature: Hex }>
  /** Since when more than half agree; Unix seconds. */
  agreedSince?: number | undefined
}

/** How many signed each verdict. */
export function countVerdicts({ signed }: Pick<Signatures, 'signed'>): { passed: number; failed: number } {
  const passed = [...signed.values()].filter((one) => one.passed).length
  return { passed, failed: signed.size - passed }
}

/** Notes since when more than half of `drawn` agree. */
export function noteMajority(signatures: Signatures, drawn: number, now: number): void {
  const { passed, failed } = countVerdicts(signatures)
  if (2 * Math.max(passed, failed) > drawn) signatures.agreedSince ??= now
}

/** Asks those validators whose verdict is not known yet, all at once. Who does not answer is asked the next time. */
export async function collect(
  signatures: Signatures,
  validators: readonly Address[],
  ask: (validator: Address) => Promise<ReasonedVerdict>,
): Promise<void> {
  const missing = validators.filter((one) => ![...signatures.signed.keys()].some((known) => isAddressEqual(known, one)))
  const answers = missing.map(async (validator) => {
    const { passed, signature } = await ask(validator)
    signatures.signed.set(validator, { passed, signature })
  })
  await Promise.allSettled(answers)
}
