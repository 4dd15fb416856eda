import { Outlet } from '@tanstack/react-router'
import { useLiveUpdates } from '../shared/api/useLiveUpdates.ts'
import { useTheme } from '../shared/hooks/useTheme.ts'
import { Toaster } from '../shared/ui/Toaster.tsx'
import { BottomBar } from './BottomBar.tsx'
import { Sidebar } from './Sidebar.tsx'
import { TopBar } from './TopBar.tsx'

/** What is around every page: where one can go, who one is, how the market is. */
export function Layout() {
  const { theme } = useTheme()
  useLiveUpdates()
  return (
    <div className="min-h-dvh lg:pl-56">
      <a
        href="#content"
        className="sr-only z-50 rounded-lg bg-accent px-4 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-3 focus:left-3"
      >
        Skip to the content
      </a>
      <Sidebar />
      <TopBar />
      <main
        id="content"
        tabIndex={-1}
        className="mx-auto max-w-[88rem] px-4 pt-5 pb-28 outline-none sm:px-6 lg:px-8 lg:pt-6 lg:pb-16"
      >
        <Outlet />
      </main>
      <BottomBar />
      <Toaster theme={theme} />
    </div>
  )
}
