// Runs before the first paint, so that the page never flashes in the other theme.
{
  const stored = localStorage.getItem('tender.theme')
  const dark = stored === 'dark' || (stored !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
}
