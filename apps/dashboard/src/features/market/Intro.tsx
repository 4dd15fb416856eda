import { Gavel, Rocket, ShieldCheck, Store } from 'lucide-react'
import { ButtonLink } from '../../shared/ui/ButtonLink.tsx'

const steps = [
  {
    icon: Rocket,
    title: 'A tenant asks',
    text: 'It signs an order: what to run, for how long, and the most it will pay.',
  },
  {
    icon: Gavel,
    title: 'Providers bid each other down',
    text: 'The best bid wins. One transaction opens the lease and puts the money in escrow.',
  },
  {
    icon: ShieldCheck,
    title: 'Monitors verify, money flows by the second',
    text: 'Only what was served is paid. Leave at any second, and the rest comes back.',
  },
] as const

/** What happens here, and what one can do, for who comes the first time. */
export function Intro() {
  return (
    <section className="overflow-hidden rounded-xl border border-line bg-surface shadow-card">
      <div className="flex flex-wrap items-center justify-between gap-x-8 gap-y-4 px-4 pt-5 sm:px-6">
        <div className="min-w-0">
          <h1 className="text-[22px] leading-8 font-semibold">The open market for computers</h1>
          <p className="max-w-xl text-pretty text-muted">
            People rent computers to people they do not know, and neither has to trust the other: every number here
            leads to its transaction or its proof.
          </p>
        </div>
        <div className="flex flex-wrap gap-2">
          <ButtonLink to="/deploy" look="primary">
            <Rocket aria-hidden /> Deploy
          </ButtonLink>
          <ButtonLink to="/desk">
            <Store aria-hidden /> Sell
          </ButtonLink>
        </div>
      </div>
      <ol className="mt-5 grid gap-px border-t border-line bg-line md:grid-cols-3">
        {steps.map(({ icon: Icon, title, text }) => (
          <li key={title} className="flex gap-3 bg-surface px-4 py-3 sm:px-6">
            <Icon className="mt-0.5 size-4 shrink-0 text-accent" aria-hidden />
            <div>
              <h2 className="text-sm font-medium">{title}</h2>
              <p className="text-[13px] text-pretty text-muted">{text}</p>
            </div>
          </li>
        ))}
      </ol>
    </section>
  )
}
