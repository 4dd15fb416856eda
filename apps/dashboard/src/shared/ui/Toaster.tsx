import { Toaster as Primitive } from 'sonner'

export { toast } from 'sonner'

/** Where short news appear. Once, in the layout. */
export function Toaster({ theme }: { theme: 'light' | 'dark' }) {
  return (
    <Primitive
      theme={theme}
      position="bottom-right"
      closeButton
      toastOptions={{
        style: { background: 'var(--surface)', color: 'var(--ink)', borderColor: 'var(--line)', fontFamily: 'inherit' },
      }}
    />
  )
}
