import type { RuleBreak } from '@tender/protocol'

/** A reason against an order, with both values in words. */
export function refusal(
  rule: string,
  message: string,
  asked?: string | number | bigint,
  possible?: string | number | bigint,
): RuleBreak {
  return {
    rule,
    message,
    ...(asked !== undefined && { asked: String(asked) }),
    ...(possible !== undefined && { possible: String(possible) }),
  }
}
