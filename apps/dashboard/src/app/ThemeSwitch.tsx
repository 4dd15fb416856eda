import { Monitor, Moon, Sun } from 'lucide-react'
import { type ThemeChoice, useTheme } from '../shared/hooks/useTheme.ts'
import { Button } from '../shared/ui/Button.tsx'

const choices = {
  system: { icon: Monitor, label: 'Theme: as the system', next: 'light' },
  light: { icon: Sun, label: 'Theme: light', next: 'dark' },
  dark: { icon: Moon, label: 'Theme: dark', next: 'system' },
} as const satisfies Record<ThemeChoice, unknown>

/** Goes through the themes: as the system, light, dark. */
export function ThemeSwitch() {
  const { choice, choose } = useTheme()
  const { icon: Icon, label, next } = choices[choice]
  return (
    <Button look="quiet" size="icon" className="size-8" aria-label={label} title={label} onClick={() => choose(next)}>
      <Icon aria-hidden />
    </Button>
  )
}
