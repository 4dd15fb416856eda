import { Box, type LucideIcon, Shapes, ShoppingCart, Sparkles } from 'lucide-react'
import { type Template, templates } from '../../shared/compose/templates.ts'

const icons: Readonly<Record<string, LucideIcon>> = { hello: Sparkles, image: Shapes, shop: ShoppingCart }

export type GalleryProps = { chosen: string | undefined; onChoose: (template: Template) => void }

/** Examples to begin with: the repository's own. */
export function Gallery({ chosen, onChoose }: GalleryProps) {
  return (
    <ul className="grid gap-2 sm:grid-cols-3" aria-label="Examples">
      {templates.map((template) => {
        const Icon = icons[template.id] ?? Box
        return (
          <li key={template.id} className="min-w-0">
            <button
              type="button"
              aria-pressed={template.id === chosen}
              onClick={() => onChoose(template)}
              className="flex h-full w-full items-start gap-3 rounded-xl border border-line bg-surface p-3 text-left shadow-card transition-colors hover:border-line-strong aria-pressed:border-accent aria-pressed:bg-accent-soft"
            >
              <span className="flex size-8 shrink-0 items-center justify-center rounded-lg bg-inset text-accent">
                <Icon className="size-4" aria-hidden />
              </span>
              <span className="min-w-0">
                <span className="block font-medium capitalize">{template.id}</span>
                <span className="line-clamp-2 block text-[13px] text-muted">{template.summary}</span>
              </span>
            </button>
          </li>
        )
      })}
    </ul>
  )
}
