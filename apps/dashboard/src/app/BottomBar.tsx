import { Link } from '@tanstack/react-router'
import { Ellipsis } from 'lucide-react'
import { Suspense, useState } from 'react'
import { lazyPart } from '../shared/ui/lazyPart.ts'
import { navigation } from './navigation.ts'

const MorePlaces = lazyPart(() => import('./MorePlaces.tsx').then((part) => part.MorePlaces))
const places = navigation.flatMap((group) => group.places)
const item =
  'flex h-14 flex-col items-center justify-center gap-0.5 text-[11px] font-medium text-muted aria-[current=page]:text-accent focus-visible:outline-offset-[-2px]'

/** Navigation of narrow screens, where the thumb is. */
export function BottomBar() {
  const [open, setOpen] = useState(false)
  return (
    <nav
      aria-label="Main"
      className="fixed inset-x-0 bottom-0 z-20 grid grid-cols-5 border-t border-line bg-surface/95 pb-[env(safe-area-inset-bottom)] backdrop-blur lg:hidden"
    >
      {places
        .filter((place) => place.bar)
        .map(({ to, label, icon: Icon }) => (
          <Link key={to} to={to} activeOptions={{ exact: to === '/' }} className={item}>
            <Icon className="size-5" aria-hidden />
            {label}
          </Link>
        ))}
      <button type="button" className={item} aria-haspopup="dialog" onClick={() => setOpen(true)}>
        <Ellipsis className="size-5" aria-hidden />
        More
      </button>
      {open && (
        <Suspense>
          <MorePlaces places={places.filter((place) => !place.bar)} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </nav>
  )
}
