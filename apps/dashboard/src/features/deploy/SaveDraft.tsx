import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../shared/api/client.ts'
import { describeError } from '../../shared/api/describeError.ts'
import { keys } from '../../shared/api/keys.ts'
import { Button } from '../../shared/ui/Button.tsx'
import { Dialog } from '../../shared/ui/Dialog.tsx'
import { Field, inputLook } from '../../shared/ui/Field.tsx'
import { TextLink } from '../../shared/ui/TextLink.tsx'
import { toast } from '../../shared/ui/Toaster.tsx'

/** Keeps the file at this gateway, for who is signed in. */
export function SaveDraft({ compose, onClose }: { compose: string; onClose: () => void }) {
  const [name, setName] = useState('')
  const queries = useQueryClient()
  const saving = useMutation({
    mutationFn: () => api.createDraft({ name, compose }),
    onSuccess: (draft) => {
      void queries.invalidateQueries({ queryKey: keys.drafts() })
      toast.success(`Saved as ${draft.name}`)
      onClose()
    },
  })
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="Save as draft"
      description="The gateway keeps the Compose file for your account. Files and secrets are not saved, and none belong into it."
      footer={
        <Button look="primary" busy={saving.isPending} disabled={name.trim() === ''} onClick={() => saving.mutate()}>
          Save
        </Button>
      }
    >
      <Field label="Name" error={saving.isError ? describeError(saving.error).message : undefined}>
        {(input) => (
          <input
            {...input}
            className={inputLook}
            value={name}
            maxLength={64}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      <p className="mt-3 text-[13px] text-muted">
        It takes a sign-in, on the <TextLink to="/account">account page</TextLink>.
      </p>
    </Dialog>
  )
}
