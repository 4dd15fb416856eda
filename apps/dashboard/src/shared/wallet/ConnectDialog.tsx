import { Coins, LogOut, Wallet as WalletIcon } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useMarket } from '../api/queries.ts'
import { Badge } from '../ui/Badge.tsx'
import { Button } from '../ui/Button.tsx'
import { Dialog } from '../ui/Dialog.tsx'
import { Hash } from '../ui/Hash.tsx'
import { ActionStatus } from './ActionStatus.tsx'
import type { ActionState } from './actionState.ts'
import { usePlayAccounts, useWallet } from './useWallet.ts'
import { connectPlay, connectWallet, disconnect, switchChain, type Wallet } from './walletStore.ts'

export type ConnectDialogProps = { open: boolean; onOpenChange: (open: boolean) => void }

/** Chooses whose money moves: a wallet of this browser, or a play account of the embedded market. */
export function ConnectDialog({ open, onOpenChange }: ConnectDialogProps) {
  const { connection } = useWallet()
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={connection ? 'Your account' : 'Connect an account'}
      description={
        connection
          ? 'Pages act with this account. Disconnecting changes nothing of what is deposited or rented.'
          : 'Reading needs none. Renting does: its balance in escrow pays, and every payment needs its signature.'
      }
    >
      <div className="flex flex-col gap-5">
        {connection && <Connected onDone={() => onOpenChange(false)} />}
        <PlayAccounts onDone={() => onOpenChange(false)} />
        <Wallets onDone={() => onOpenChange(false)} />
      </div>
    </Dialog>
  )
}

type Done = { onDone: () => void }

function Connected({ onDone }: Done) {
  const { connection } = useWallet()
  const { data: market } = useMarket()
  const [state, setState] = useState<ActionState>({ step: 'idle' })
  if (!connection) return null
  const elsewhere = connection.kind === 'wallet' && market !== undefined && connection.chainId !== market.chainId
  const go = async () => {
    if (connection.kind !== 'wallet' || !market) return
    setState({ step: 'switching' })
    await switchChain(connection, market).then(
      () => setState({ step: 'idle' }),
      (error: unknown) => setState({ step: 'failed', error, tx: undefined }),
    )
  }
  return (
    <div className="flex flex-col gap-3 rounded-xl border border-line bg-inset/60 p-4">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <div className="min-w-0">
          <p className="flex items-center gap-2 font-medium">
            {connection.name} {connection.kind === 'play' && <PlayBadge />}
          </p>
          <Hash value={connection.address} />
        </div>
        <Button
          size="small"
          onClick={() => {
            disconnect()
            onDone()
          }}
        >
          <LogOut aria-hidden /> Disconnect
        </Button>
      </div>
      {elsewhere && (
        <div className="flex flex-wrap items-center justify-between gap-2 text-[13px]">
          <p className="text-warn">
            The wallet is on chain {connection.chainId}, this market on {market.chainId}.
          </p>
          <Button size="small" look="primary" onClick={() => void go()}>
            Go to chain {market.chainId}
          </Button>
        </div>
      )}
      <ActionStatus state={state} />
    </div>
  )
}

/** Marks what is worth nothing. */
export function PlayBadge() {
  return <Badge tone="warn">play money</Badge>
}

function PlayAccounts({ onDone }: Done) {
  const accounts = usePlayAccounts()
  const { connection } = useWallet()
  if (!accounts || accounts.length === 0) return null
  return (
    <Choices
      title="Ready-made accounts"
      hint="Of the market on this machine. Their keys are public and their money is play money: nothing needs installing."
    >
      {accounts.map(({ address, name }) => (
        <Choice
          key={address}
          current={connection?.address === address}
          icon={<Coins className="size-5" aria-hidden />}
          name={name}
          detail={`${address.slice(0, 8)}…${address.slice(-6)}`}
          badge={<PlayBadge />}
          onChoose={() => {
            connectPlay({ address, name })
            onDone()
          }}
        />
      ))}
    </Choices>
  )
}

function Wallets({ onDone }: Done) {
  const { wallets, connecting, connection } = useWallet()
  const [error, setError] = useState<unknown>()
  const choose = async (wallet: Wallet) => {
    setError(undefined)
    await connectWallet(wallet).then(onDone, setError)
  }
  return (
    <Choices title="Wallets in this browser" hint={wallets.length === 0 ? <NoWallet /> : undefined}>
      {wallets.map((wallet) => (
        <Choice
          key={wallet.info.uuid}
          current={connection?.kind === 'wallet' && connection.rdns === wallet.info.rdns}
          icon={<img src={wallet.info.icon} alt="" className="size-6 rounded" />}
          name={wallet.info.name}
          detail={connecting === wallet.info.name ? 'Waits for you in the wallet' : wallet.info.rdns}
          onChoose={() => void choose(wallet)}
        />
      ))}
      {error !== undefined && <ActionStatus state={{ step: 'failed', error, tx: undefined }} />}
    </Choices>
  )
}

function NoWallet() {
  return (
    <>
      None announced itself. Install or unlock an Ethereum wallet extension (any that knows EIP-6963), then open this
      window again. Without one you can use the command line.
    </>
  )
}

function Choices({ title, hint, children }: { title: string; hint: ReactNode; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <h3 className="text-[13px] font-medium">{title}</h3>
      {hint && <p className="text-[13px] text-muted">{hint}</p>}
      <ul className="mt-2 flex flex-col gap-1.5">{children}</ul>
    </section>
  )
}

type ChoiceProps = {
  icon: ReactNode
  name: string
  detail: string
  badge?: ReactNode
  current: boolean
  onChoose: () => void
}

function Choice({ icon, name, detail, badge, current, onChoose }: ChoiceProps) {
  return (
    <li>
      <button
        type="button"
        aria-current={current || undefined}
        onClick={onChoose}
        className="flex w-full items-center gap-3 rounded-lg border border-line px-3 py-2.5 text-left hover:bg-hover aria-[current=true]:border-accent aria-[current=true]:bg-accent-soft"
      >
        <span className="flex size-8 shrink-0 items-center justify-center rounded-lg bg-inset text-muted">
          {icon ?? <WalletIcon className="size-5" aria-hidden />}
        </span>
        <span className="min-w-0 flex-1">
          <span className="block font-medium">{name}</span>
          <span className="block truncate text-[13px] text-muted">{detail}</span>
        </span>
        {badge}
      </button>
    </li>
  )
}
