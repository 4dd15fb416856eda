import { AccountButton } from '../shared/wallet/AccountButton.tsx'
import { ChainStatus } from './ChainStatus.tsx'
import { Logo } from './Logo.tsx'
import { ThemeSwitch } from './ThemeSwitch.tsx'

/** Head of narrow screens. */
export function TopBar() {
  return (
    <header className="sticky top-0 z-20 flex h-13 items-center justify-between border-b border-line bg-surface/90 px-4 backdrop-blur sm:px-6 lg:hidden">
      <Logo />
      <div className="flex items-center gap-2">
        <ChainStatus />
        <ThemeSwitch />
        <AccountButton />
      </div>
    </header>
  )
}
