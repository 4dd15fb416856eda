import { X } from 'lucide-react'
import { Dialog as Primitive } from 'radix-ui'
import type { ReactNode } from 'react'
import { buttonLook } from './Button.tsx'
import { cn } from './cn.ts'

export type DialogProps = {
  open: boolean
  onOpenChange: (open: boolean) => void
  title: string
  description?: ReactNode
  /** `wide` for editors and tables. */
  size?: 'normal' | 'wide'
  /** Buttons, the one that does it last. */
  footer?: ReactNode
  children?: ReactNode
}

/** A window over the page; it takes the focus and gives it back, and Escape closes it. */
export function Dialog({ open, onOpenChange, title, description, size = 'normal', footer, children }: DialogProps) {
  return (
    <Primitive.Root open={open} onOpenChange={onOpenChange}>
      <Primitive.Portal>
        <Primitive.Overlay className="fixed inset-0 z-40 bg-black/45 backdrop-blur-[2px]" />
        <Primitive.Content
          className={cn(
            'appear fixed inset-x-0 bottom-0 z-50 mx-auto flex max-h-[92dvh] w-full flex-col rounded-t-2xl border border-line bg-surface shadow-raised sm:top-[12vh] sm:bottom-auto sm:max-h-[76vh] sm:rounded-2xl',
            size === 'wide' ? 'sm:max-w-3xl' : 'sm:max-w-lg',
          )}
          {...(description ? {} : { 'aria-describedby': undefined })}
        >
          <header className="flex items-start justify-between gap-4 px-5 pt-5">
            <div>
              <Primitive.Title className="text-base font-semibold">{title}</Primitive.Title>
              {description && (
                <Primitive.Description className="mt-1 text-[13px] text-muted">{description}</Primitive.Description>
              )}
            </div>
            <Primitive.Close
              className={cn(buttonLook({ look: 'quiet', size: 'icon' }), '-mt-1 -mr-2')}
              aria-label="Close"
            >
              <X aria-hidden />
            </Primitive.Close>
          </header>
          <div className="min-h-0 overflow-y-auto px-5 py-4">{children}</div>
          {footer && <footer className="flex justify-end gap-2 border-t border-line px-5 py-3">{footer}</footer>}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  )
}
