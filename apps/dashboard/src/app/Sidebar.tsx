import { Link } from '@tanstack/react-router'
import { AccountButton } from '../shared/wallet/AccountButton.tsx'
import { ChainStatus } from './ChainStatus.tsx'
import { Logo } from './Logo.tsx'
import { navigation } from './navigation.ts'
import { ThemeSwitch } from './ThemeSwitch.tsx'

/** Navigation of wide screens. */
export function Sidebar() {
  return (
    <aside className="fixed inset-y-0 left-0 z-30 hidden w-56 flex-col border-r border-line bg-surface lg:flex">
      <div className="flex h-14 items-center px-5">
        <Logo />
      </div>
      <nav aria-label="Main" className="flex-1 overflow-y-auto px-3 pt-2">
        {navigation.map((group) => (
          <div key={group.title} className="mb-4">
            <div className="px-2 pb-1 text-xs font-medium text-muted">{group.title}</div>
            <ul className="flex flex-col gap-0.5">
              {group.places.map(({ to, label, icon: Icon }) => (
                <li key={to}>
                  <Link
                    to={to}
                    activeOptions={{ exact: to === '/' }}
                    className="flex h-9 items-center gap-2.5 rounded-lg px-2 font-medium text-muted transition-colors hover:bg-hover hover:text-ink aria-[current=page]:bg-accent-soft aria-[current=page]:text-accent"
                  >
                    <Icon className="size-[18px]" aria-hidden />
                    {label}
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        ))}
      </nav>
      <div className="px-3 pb-3">
        <AccountButton className="w-full" />
      </div>
      <div className="flex items-center justify-between gap-2 border-t border-line px-4 py-3">
        <ChainStatus />
        <ThemeSwitch />
      </div>
    </aside>
  )
}
