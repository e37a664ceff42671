import { FormSelect, FormSelectOption, InputGroup, InputGroupItem, TextInput } from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

const units = { MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } as const
type Unit = keyof typeof units

const fitting = (bytes: number): Unit =>
  bytes > 0 && bytes % units.TiB === 0 ? 'TiB' : bytes % units.GiB === 0 ? 'GiB' : 'MiB'

export interface SizeInputProps {
  id: string
  bytes: number
  isInvalid?: boolean
  isDisabled?: boolean
  onChange: (bytes: number) => void
}

/** A size in bytes, typed in a unit that is chosen beside the number. */
export function SizeInput({ id, bytes, isInvalid, isDisabled, onChange }: SizeInputProps) {
  const { t } = useTranslation()
  const [unit, setUnit] = useState<Unit>(fitting(bytes))
  const [text, setText] = useState(String(bytes / units[unit]))
  const change = (newText: string, newUnit: Unit) => {
    setText(newText)
    setUnit(newUnit)
    onChange(Math.round(Number(newText) * units[newUnit]))
  }
  return (
    <InputGroup>
      <InputGroupItem isFill>
        <TextInput
          id={id}
          type="number"
          min={0}
          step="any"
          value={text}
          isDisabled={isDisabled ?? false}
          aria-describedby={`${id}-hint`}
          validated={isInvalid ? 'error' : 'default'}
          onChange={(_, value) => change(value, unit)}
        />
      </InputGroupItem>
      <InputGroupItem>
        <FormSelect
          aria-label={t('unit')}
          value={unit}
          isDisabled={isDisabled ?? false}
          onChange={(_, value) => change(text, value as Unit)}
        >
          {Object.keys(units).map((name) => (
            <FormSelectOption key={name} value={name} label={name} />
          ))}
        </FormSelect>
      </InputGroupItem>
    </InputGroup>
  )
}
