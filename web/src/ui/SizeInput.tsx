import { FormSelect, FormSelectOption, InputGroup, InputGroupItem, TextInput } from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

const units = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } as const
type Unit = keyof typeof units

const sizes: readonly Unit[] = ['MiB', 'GiB', 'TiB']
/** For `units` of a speed. */
export const speeds: readonly Unit[] = ['KiB', 'MiB', 'GiB']

/** The largest in which it is a whole number; of nothing the middle one. */
const fitting = (bytes: number, offered: readonly Unit[]): Unit => {
  const whole = bytes === 0 ? offered[1] : offered.findLast((unit) => bytes % units[unit] === 0)
  return whole ?? offered[0] ?? 'MiB'
}

export interface SizeInputProps {
  id: string
  bytes: number
  isInvalid?: boolean
  isDisabled?: boolean
  /** From the smallest on; MiB, GiB and TiB unless told. */
  units?: readonly Unit[]
  onChange: (bytes: number) => void
}

/** A size in bytes, typed in a unit that is chosen beside the number. */
export function SizeInput(props: SizeInputProps) {
  const { id, bytes, isInvalid, isDisabled, units: offered = sizes, onChange } = props
  const { t } = useTranslation()
  const [unit, setUnit] = useState<Unit>(fitting(bytes, offered))
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
          {offered.map((name) => (
            <FormSelectOption key={name} value={name} label={name} />
          ))}
        </FormSelect>
      </InputGroupItem>
    </InputGroup>
  )
}
