import { useEffect } from 'react'

/** Title of the window while the page is shown. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Tender`
  }, [title])
}
