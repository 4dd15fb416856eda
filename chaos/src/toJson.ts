/** As JSON, with amounts and numbers of providers as texts. */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? String(inner) : inner), indent)
}
