import { useQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useState } from 'react'
import { api } from '../../shared/api/client.ts'
import { readCompose } from '../../shared/compose/composeIssues.ts'
import { missingOf, needsOf } from '../../shared/compose/needs.ts'
import { type Template, templates } from '../../shared/compose/templates.ts'
import type { DeploySearch } from './search.ts'

/** What is being written, and what was given with it. Files and values are in memory only. */
export function useDraft({ template: wanted, draft }: DeploySearch) {
  const first = templates.find(({ id }) => id === wanted) ?? templates[0]
  const [templateId, setTemplateId] = useState(draft ? undefined : first?.id)
  const [text, setText] = useState(draft ? '' : (first?.compose ?? ''))
  const [files, setFiles] = useState<ReadonlyMap<string, Uint8Array>>(new Map())
  const [values, setValues] = useState<ReadonlyMap<string, Uint8Array>>(new Map())
  const saved = useQuery({
    queryKey: ['session', 'drafts', draft],
    queryFn: ({ signal }) => api.getDraft({ id: draft ?? '' }, { signal }),
    enabled: draft !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  })

  useEffect(() => {
    if (saved.data) setText(saved.data.compose)
  }, [saved.data])

  const template = templates.find(({ id }) => id === templateId)
  useTemplateFiles(template, setFiles)
  const read = useMemo(() => readCompose(text), [text])
  const needs = useMemo(() => (read.parsed ? needsOf(read.parsed, files, values) : []), [read, files, values])

  return {
    text,
    setText,
    template: templateId,
    choose(chosen: Template) {
      setTemplateId(chosen.id)
      setText(chosen.compose)
      setFiles(new Map())
    },
    read,
    files,
    values,
    needs,
    missing: missingOf(needs),
    saved,
    giveFile: (path: string, bytes: Uint8Array) => setFiles((known) => new Map(known).set(path, bytes)),
    giveValue: (key: string, bytes: Uint8Array | undefined) =>
      setValues((known) => {
        const next = new Map(known)
        if (bytes) next.set(key, bytes)
        else next.delete(key)
        return next
      }),
  }
}

export type Draft = ReturnType<typeof useDraft>

/** The files of an example come with it. */
function useTemplateFiles(
  template: Template | undefined,
  setFiles: (change: (known: ReadonlyMap<string, Uint8Array>) => ReadonlyMap<string, Uint8Array>) => void,
): void {
  useEffect(() => {
    if (!template) return
    const stop = new AbortController()
    for (const [path, url] of Object.entries(template.files)) {
      void fetch(url, { signal: stop.signal })
        .then((response) => response.arrayBuffer())
        .then((content) => setFiles((known) => new Map(known).set(path, new Uint8Array(content))))
        // A file that does not come is asked for like any other.
        .catch(() => undefined)
    }
    return () => stop.abort()
  }, [template, setFiles])
}
