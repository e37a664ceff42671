import { Button, type ButtonProps } from '@patternfly/react-core'
import UploadIcon from '@patternfly/react-icons/dist/esm/icons/upload-icon'
import { useRef } from 'react'

export interface FileButtonProps {
  label: string
  /** For screen readers, where the label alone does not tell. */
  name?: string
  variant?: ButtonProps['variant']
  isMultiple?: boolean
  onChoose: (files: File[]) => void
}

/** Asks for files of this device. */
export function FileButton({
  label,
  name = label,
  variant = 'secondary',
  isMultiple,
  onChoose,
}: FileButtonProps) {
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <Button
        variant={variant}
        size="sm"
        icon={<UploadIcon />}
        aria-label={name}
        onClick={() => input.current?.click()}
      >
        {label}
      </Button>
      <input
        ref={input}
        type="file"
        hidden
        multiple={isMultiple ?? false}
        onChange={({ target }) => {
          onChoose([...(target.files ?? [])])
          // The same file may be chosen again.
          target.value = ''
        }}
      />
    </>
  )
}
