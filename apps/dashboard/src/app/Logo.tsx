import { Link } from '@tanstack/react-router'

/** The name of the house; leads to the market. */
export function Logo() {
  return (
    <Link to="/" className="flex items-center gap-2.5 text-[15px] font-semibold tracking-tight">
      <img src="/favicon.svg" alt="" width={26} height={26} />
      <span className="max-[374px]:sr-only">Tender</span>
    </Link>
  )
}
