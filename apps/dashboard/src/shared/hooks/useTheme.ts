import { useSyncExternalStore } from 'react'

export type ThemeChoice = 'system' | 'light' | 'dark'
export type Theme = 'light' | 'dark'

const KEY = 'tender.theme'
const listeners = new Set<() => void>()
const system = () => matchMedia('(prefers-color-scheme: dark)')

function readChoice(): ThemeChoice {
  const stored = localStorage.getItem(KEY)
  return stored === 'light' || stored === 'dark' ? stored : 'system'
}

function wantedTheme(): Theme {
  const choice = readChoice()
  return choice === 'system' ? (system().matches ? 'dark' : 'light') : choice
}

/** As it is applied: whoever reads the page's colours on a change must find those of the new theme. */
function readTheme(): Theme {
  return document.documentElement.dataset.theme === 'dark' ? 'dark' : 'light'
}

function apply(): void {
  document.documentElement.dataset.theme = wantedTheme()
  for (const tell of listeners) tell()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  system().addEventListener('change', apply)
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0) system().removeEventListener('change', apply)
  }
}

/** How the page looks now; `theme.js` sets the same before the first paint. */
export function useTheme(): { theme: Theme; choice: ThemeChoice; choose: (choice: ThemeChoice) => void } {
  const theme = useSyncExternalStore(subscribe, readTheme)
  const choice = useSyncExternalStore(subscribe, readChoice)
  return { theme, choice, choose }
}

function choose(choice: ThemeChoice): void {
  if (choice === 'system') localStorage.removeItem(KEY)
  else localStorage.setItem(KEY, choice)
  apply()
}
