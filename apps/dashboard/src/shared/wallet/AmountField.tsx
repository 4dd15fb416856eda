import { amountText, type Denomination } from '../format/amount.ts'
import { Button } from '../ui/Button.tsx'
import { Field, inputLook } from '../ui/Field.tsx'
import { readTypedAmount, typedAmountText } from './writtenAmount.ts'

export type AmountFieldProps = {
  label: string
  asset: Denomination
  text: string
  onText: (text: string) => void
  /** The most that can be taken, smallest units; it has a button of its own. */
  most?: bigint | undefined
  /** What `most` is, e.g. `in your wallet`. */
  mostWords: string
}

/** An amount of one asset to type, with what is wrong with it. */
export function AmountField({ label, asset, text, onText, most, mostWords }: AmountFieldProps) {
  const read = text === '' ? undefined : readTypedAmount(text, asset)
  const error = read && 'error' in read ? read.error : tooMuch(read?.amount, most, asset, mostWords)
  const hint = most === undefined ? undefined : `${amountText(most, asset.decimals)} ${asset.symbol} ${mostWords}`
  return (
    <Field label={label} error={error} hint={hint}>
      {(input) => (
        <div className="flex items-center gap-2">
          <input
            {...input}
            className={inputLook}
            inputMode="decimal"
            autoComplete="off"
            placeholder="0.00"
            value={text}
            onChange={(event) => onText(event.target.value)}
          />
          <span className="text-sm text-muted">{asset.symbol}</span>
          {most !== undefined && most > 0n && (
            <Button size="small" onClick={() => onText(typedAmountText(most, asset.decimals))}>
              All
            </Button>
          )}
        </div>
      )}
    </Field>
  )
}

function tooMuch(amount: bigint | undefined, most: bigint | undefined, asset: Denomination, words: string) {
  if (amount === undefined || most === undefined || amount <= most) return undefined
  const missing = amountText(amount - most, asset.decimals)
  return `That is ${missing} ${asset.symbol} more than is ${words}.`
}
