import { eventsRoute, type Route, routes } from '@tender/api'
import { html, raw } from 'hono/html'
import type { z } from 'zod'

const order = ['market', 'orders', 'leases', 'jobs', 'providers', 'eras', 'accounts', 'live', 'sign-in', 'me'] as const

/** The API's routes for people: one page without scripts, made of the same schemas as everything else. */
export function docsPage(): string {
  const all: [string, Route][] = [...Object.entries(routes), ['listen', eventsRoute]]
  const parts = order.map((tag) => {
    const ofTag = all.filter(([, route]) => route.tag === tag)
    return html`<section id="${tag}"><h2>${tag}</h2>${ofTag.map(([name, route]) => routePart(name, route))}</section>`
  })
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>API of this Tender gateway</title><link rel="stylesheet" href="/docs.css">
</head>
<body>
<header>
<h1>API of this Tender gateway</h1>
<p>Described for programs in <a href="/openapi.json">openapi.json</a> (OpenAPI 3.1); the same data by GraphQL at
<code>/graphql</code>. Amounts are decimal strings in the smallest unit of their asset, times Unix seconds, shares basis points. What
came from the chain carries its transaction and block.</p>
<nav>${order.map((tag) => html`<a href="#${tag}">${tag}</a> `)}</nav>
</header>
<main>${parts}</main>
</body>
</html>`
  return String(page)
}

function routePart(name: string, route: Route) {
  const { method, path, summary, access } = route
  const tables = [
    fieldTable('In the path', route.params),
    fieldTable('In the query', route.query),
    fieldTable('In the body', route.body),
    fieldTable('Answer', route.response),
  ]
  return html`<article id="${name}">
<h3><span class="${method.toLowerCase()}">${method}</span> <code>${path}</code></h3>
<p>${summary}.${access === 'public' ? '' : html` <em>Needs ${access === 'session' ? 'a session' : html`<code>${access}</code>`}.</em>`}</p>
${tables}</article>`
}

function fieldTable(title: string, schema: z.ZodType | undefined) {
  const shape = schema && shapeOf(schema)
  if (!shape || Object.keys(shape).length === 0) return raw('')
  const rows = Object.entries(shape).map(
    ([name, field]) =>
      html`<tr><th scope="row"><code>${name}</code></th><td>${field.meta()?.description ?? ''}</td></tr>`,
  )
  return html`<details><summary>${title}</summary><table><tbody>${rows}</tbody></table></details>`
}

/** The fields of an object; of a page of a list, those of its items. */
function shapeOf(schema: z.ZodType): Readonly<Record<string, z.ZodType>> | undefined {
  if (!('shape' in schema)) return undefined
  // CAST: only objects have a shape, and it is of schemas
  const shape = schema.shape as Record<string, z.ZodType>
  const items = shape.items
  if (!items || !('element' in items)) return shape
  // CAST: only arrays have an element, and it is a schema
  return shapeOf(items.element as z.ZodType) ?? shape
}

/** The page's style. */
export const docsStyle = `
:root { color-scheme: light dark; --line: light-dark(#ddd, #333); --soft: light-dark(#555, #aaa); --accent: light-dark(#1d4ed8, #8ab4ff) }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 2rem 1rem }
h2 { margin-top: 3rem; text-transform: capitalize; border-bottom: 1px solid var(--line) }
h3 { margin-bottom: 0; overflow-wrap: anywhere; font-weight: 500 }
a, h3 span { color: var(--accent) }
code { font: 0.9em ui-monospace, monospace }
table { border-collapse: collapse; width: 100%; margin: 0.5rem 0 }
th, td { text-align: left; vertical-align: top; padding: 0.25rem 0.75rem 0.25rem 0; border-top: 1px solid var(--line); font-weight: 400 }
th { width: 12rem }
summary { cursor: pointer; color: var(--soft) }
nav a { margin-right: 0.75rem; text-transform: capitalize }
p { margin: 0.5rem 0 }
`
