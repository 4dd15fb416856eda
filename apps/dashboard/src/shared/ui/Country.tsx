import { countryName } from '../format/country.ts'

/** A country as its provider says: the code to scan, the name to read. */
export function Country({ code }: { code: string }) {
  return (
    <span className="inline-flex items-center gap-2">
      <span className="inline-flex h-5 min-w-7 items-center justify-center rounded bg-inset px-1 text-[11px] font-semibold text-muted">
        {code}
      </span>
      <span className="truncate">{countryName(code)}</span>
    </span>
  )
}
