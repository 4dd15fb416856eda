import { Tooltip as Primitive } from 'radix-ui'
import type { ReactNode } from 'react'

/** Words beside what is pointed at or has the focus. `children` is one element that takes focus: a button or a link. */
export function Tooltip({ content, children }: { content: ReactNode; children: ReactNode }) {
  return (
    <Primitive.Provider delayDuration={250}>
      <Primitive.Root>
        <Primitive.Trigger asChild>{children}</Primitive.Trigger>
        <Primitive.Portal>
          <Primitive.Content
            sideOffset={6}
            collisionPadding={8}
            className="appear z-50 max-w-72 rounded-lg bg-ink px-2.5 py-1.5 text-xs text-canvas shadow-raised"
          >
            {content}
          </Primitive.Content>
        </Primitive.Portal>
      </Primitive.Root>
    </Primitive.Provider>
  )
}
