import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { Button } from '../../shared/ui/Button.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { Field, inputLook } from '../../shared/ui/Field.tsx'
import { parseEraSearch } from './search.ts'

/** Finds the leaf of a lease or a provider. `newest`: the newest era with data, which is proven unless another is named. */
export function ProofSearch({ newest }: { newest: number | undefined }) {
  const navigate = useNavigate()
  const [wanted, setWanted] = useState('')
  const [era, setEra] = useState('')
  const [error, setError] = useState<string>()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const text = wanted.trim().replace(/^#/, '')
    const search = parseEraSearch(text.startsWith('0x') ? { lease: text } : { provider: text })
    const number = era.trim() === '' ? newest : Number(era)
    if (Object.keys(search).length === 0)
      return setError('Write a lease’s id (0x and 64 digits) or a provider’s number.')
    if (number === undefined || !Number.isSafeInteger(number) || number < 1)
      return setError('Write an era’s number from 1 on.')
    setError(undefined)
    void navigate({ to: '/eras/$era', params: { era: String(number) }, search })
  }
  return (
    <Card title="Prove a number" hint="What a report says of a lease or a provider">
      <form onSubmit={submit} className="flex flex-col gap-3">
        <Field label="Lease or provider" error={error}>
          {(input) => (
            <input
              {...input}
              value={wanted}
              onChange={(event) => setWanted(event.target.value)}
              placeholder="0x… or 7"
              className={inputLook}
              autoComplete="off"
              spellCheck={false}
            />
          )}
        </Field>
        <div className="flex items-end gap-3">
          <Field label="Era" className="flex-1">
            {(input) => (
              <input
                {...input}
                value={era}
                onChange={(event) => setEra(event.target.value)}
                inputMode="numeric"
                placeholder={newest === undefined ? 'none yet' : `${newest}, the newest`}
                className={inputLook}
                autoComplete="off"
              />
            )}
          </Field>
          <Button type="submit" look="primary" disabled={newest === undefined && era === ''}>
            Prove
          </Button>
        </div>
      </form>
    </Card>
  )
}
