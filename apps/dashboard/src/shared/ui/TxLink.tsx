import { Link } from '@tanstack/react-router'
import { ArrowUpRight } from 'lucide-react'
import type { ReactNode } from 'react'
import { shortHex } from '../format/hex.ts'
import { cn } from './cn.ts'

export type TxLinkProps = {
  tx: string
  /** What the transaction proves; its hash unless given. */
  children?: ReactNode
  className?: string
}

/** Leads from a number to the transaction that it comes from. */
export function TxLink({ tx, children, className }: TxLinkProps) {
  return (
    <Link
      to="/tx/$hash"
      params={{ hash: tx }}
      title={`Transaction ${tx}`}
      className={cn(
        'group inline-flex items-baseline gap-0.5 underline-offset-4 hover:text-accent hover:underline',
        className,
      )}
    >
      {children ?? <span className="font-mono text-[13px]">{shortHex(tx)}</span>}
      <ArrowUpRight aria-hidden className="size-3 shrink-0 self-center text-muted group-hover:text-accent" />
      {children !== undefined && <span className="sr-only"> (transaction)</span>}
    </Link>
  )
}
