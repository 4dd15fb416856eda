import { Link } from '@tanstack/react-router'
import { Dialog } from '../shared/ui/Dialog.tsx'
import type { Place } from './navigation.ts'

/** Where one can go beside what the bar below has. */
export function MorePlaces({ places, onClose }: { places: readonly Place[]; onClose: () => void }) {
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="More">
      <ul className="flex flex-col">
        {places.map(({ to, label, icon: Icon }) => (
          <li key={to}>
            <Link
              to={to}
              onClick={onClose}
              className="flex h-12 items-center gap-3 rounded-lg px-2 font-medium hover:bg-hover aria-[current=page]:text-accent"
            >
              <Icon className="size-5 text-muted" aria-hidden />
              {label}
            </Link>
          </li>
        ))}
      </ul>
    </Dialog>
  )
}
