import { autocompletion, type CompletionContext, completionKeymap } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands'
import { yaml } from '@codemirror/lang-yaml'
import { bracketMatching, indentOnInput, indentUnit } from '@codemirror/language'
import { type Diagnostic, linter, lintGutter, lintKeymap } from '@codemirror/lint'
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search'
import { EditorState } from '@codemirror/state'
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view'
import { useEffect, useRef } from 'react'
import { readCompose } from './composeIssues.ts'
import { composeOptionsAt } from './composeOptions.ts'
import { editorLook } from './editorLook.ts'

export type ComposeEditorProps = {
  value: string
  onChange: (value: string) => void
  /** Names of the market's resource classes. */
  classes: readonly string[]
  label?: string
}

/**
 * Writes a Compose file: completes what may stand where, and marks what is wrong at its line, in the command line's own words.
 * Tab indents; Escape, then Tab leaves.
 */
export function ComposeEditor({ value, onChange, classes, label = 'Compose file' }: ComposeEditorProps) {
  const host = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(undefined)
  const latest = useRef({ onChange, classes })
  latest.current = { onChange, classes }

  // biome-ignore lint/correctness/useExhaustiveDependencies: the editor is made once; what changes goes through refs
  useEffect(() => {
    if (!host.current) return
    const changed = EditorView.updateListener.of((update) => {
      if (update.docChanged) latest.current.onChange(update.state.doc.toString())
    })
    const complete = autocompletion({ override: [(context) => completions(context, latest.current.classes)] })
    const state = EditorState.create({ doc: value, extensions: [...extensionsOf(label), complete, changed] })
    view.current = new EditorView({ state, parent: host.current })
    return () => view.current?.destroy()
  }, [label])

  useEffect(() => {
    const current = view.current
    if (!current || current.state.doc.toString() === value) return
    current.dispatch({ changes: { from: 0, to: current.state.doc.length, insert: value } })
  }, [value])

  return <div ref={host} className="min-h-64 overflow-hidden [&_.cm-editor]:min-h-64" />
}

function extensionsOf(label: string) {
  return [
    lineNumbers(),
    history(),
    drawSelection(),
    indentOnInput(),
    bracketMatching(),
    highlightActiveLine(),
    highlightSelectionMatches(),
    indentUnit.of('  '),
    EditorState.tabSize.of(2),
    EditorView.lineWrapping,
    EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false' }),
    yaml(),
    linter((view) => diagnostics(view), { delay: 250 }),
    lintGutter(),
    editorLook,
    keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, ...completionKeymap, ...lintKeymap, indentWithTab]),
  ]
}

function completions(context: CompletionContext, classes: readonly string[]) {
  const { from, options } = composeOptionsAt(context.state.doc.toString(), context.pos, classes)
  if (options.length === 0 || (!context.explicit && from === context.pos)) return null
  return {
    from,
    validFor: /^[\w.-]*$/,
    options: options.map(({ label, detail, kind }) => ({
      label,
      type: kind === 'key' ? 'property' : 'constant',
      apply: kind === 'key' ? `${label}: ` : label,
      ...(detail !== undefined && { detail }),
    })),
  }
}

function diagnostics(view: EditorView): Diagnostic[] {
  const { doc } = view.state
  const { parsed, issues } = readCompose(doc.toString())
  const notes = parsed?.notes ?? []
  const mark = (severity: Diagnostic['severity']) => (issue: (typeof issues)[number] | (typeof notes)[number]) => {
    const line = doc.line(Math.min(Math.max(1, issue.line ?? 1), doc.lines))
    const from = Math.min(line.to, line.from + Math.max(0, (issue.column ?? 1) - 1))
    const message = issue.path ? `${issue.path}: ${issue.message}` : issue.message
    return { from, to: Math.max(from, line.to), severity, message }
  }
  return [...issues.map(mark('error')), ...notes.map(mark('info'))]
}
