import { shortHex } from '../format/hex.ts'
import { CopyButton } from './Copyable.tsx'
import { cn } from './cn.ts'

/** A hash or an address, shortened, whole when pointed at and when copied. */
export function Hash({ value, full = false, className }: { value: string; full?: boolean; className?: string }) {
  return (
    <span className={cn('inline-flex max-w-full items-center gap-0.5', className)}>
      <span title={value} className={cn('min-w-0 font-mono text-[13px]', full ? 'break-all' : 'whitespace-nowrap')}>
        {full ? value : shortHex(value)}
      </span>
      <CopyButton value={value} label="Copy all of it" />
    </span>
  )
}
