import {
  ChartCandlestick,
  CircleUser,
  Landmark,
  LayoutGrid,
  type LucideIcon,
  Rocket,
  Server,
  ShieldCheck,
} from 'lucide-react'

export type Place = {
  to: '/' | '/deploy' | '/leases' | '/providers' | '/desk' | '/eras' | '/account'
  label: string
  icon: LucideIcon
  /** On a phone, whether it has a place in the bar below; the others are under "More". */
  bar: boolean
}

/** Where one can go, in the order of how often one does; grouped by what for. */
export const navigation: readonly { title: string; places: readonly Place[] }[] = [
  {
    title: 'Market',
    places: [
      { to: '/', label: 'Market', icon: ChartCandlestick, bar: true },
      { to: '/providers', label: 'Providers', icon: Server, bar: true },
      { to: '/eras', label: 'Eras', icon: ShieldCheck, bar: false },
    ],
  },
  {
    title: 'Rent',
    places: [
      { to: '/deploy', label: 'Deploy', icon: Rocket, bar: true },
      { to: '/leases', label: 'My leases', icon: LayoutGrid, bar: true },
    ],
  },
  {
    title: 'Sell',
    places: [{ to: '/desk', label: "Provider's desk", icon: Landmark, bar: false }],
  },
  {
    title: 'You',
    places: [{ to: '/account', label: 'Account', icon: CircleUser, bar: false }],
  },
]
