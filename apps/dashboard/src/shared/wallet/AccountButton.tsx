import { CircleUser, Wallet } from 'lucide-react'
import { Suspense, useState } from 'react'
import { useMarket } from '../api/queries.ts'
import { shortHex } from '../format/hex.ts'
import { Button, type ButtonProps } from '../ui/Button.tsx'
import { cn } from '../ui/cn.ts'
import { lazyPart } from '../ui/lazyPart.ts'
import { usePlayAccounts, useWallet } from './useWallet.ts'

// Most who come look first, and connect later.
const ConnectDialog = lazyPart(() => import('./ConnectDialog.tsx').then((part) => part.ConnectDialog))

/** Whose money moves, and the way to change it. In the head of every page. */
export function AccountButton({ className }: { className?: string }) {
  const [open, setOpen] = useState(false)
  const { connection, restoring } = useWallet()
  const { data: market } = useMarket()
  usePlayAccounts()
  const elsewhere = connection?.kind === 'wallet' && market !== undefined && connection.chainId !== market.chainId
  return (
    <>
      <Button
        size="small"
        look={connection ? 'secondary' : 'primary'}
        className={cn('min-w-0', className)}
        busy={restoring && !connection}
        onClick={() => setOpen(true)}
        aria-haspopup="dialog"
      >
        {connection ? <CircleUser aria-hidden /> : <Wallet aria-hidden />}
        <span className="truncate">{connection ? shortHex(connection.address) : 'Connect'}</span>
        {connection?.kind === 'play' && <span className="text-xs font-medium text-warn">play</span>}
        {elsewhere && <span className="text-xs font-medium text-warn">wrong chain</span>}
      </Button>
      {open && (
        <Suspense>
          <ConnectDialog open onOpenChange={setOpen} />
        </Suspense>
      )}
    </>
  )
}

/** Opens the choice of accounts from within a page. */
export function ConnectButton({ children = 'Connect an account', ...rest }: ButtonProps) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button look="primary" aria-haspopup="dialog" {...rest} onClick={() => setOpen(true)}>
        <Wallet aria-hidden /> {children}
      </Button>
      {open && (
        <Suspense>
          <ConnectDialog open onOpenChange={setOpen} />
        </Suspense>
      )}
    </>
  )
}
