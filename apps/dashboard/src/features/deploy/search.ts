/** What the deploy page is opened with: a template of the gallery, a saved draft, or an order to go on with. */
export type DeploySearch = { template?: string; draft?: string; order?: string }

const text = (value: unknown) => (typeof value === 'string' && /^[\w-]{1,80}$/.test(value) ? value : undefined)

/** Reads the address's search part; what makes no sense is left out. */
export function parseDeploySearch(search: Record<string, unknown>): DeploySearch {
  const found = { template: text(search.template), draft: text(search.draft), order: text(search.order) }
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined))
}
