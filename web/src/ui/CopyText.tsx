import { Button, Tooltip } from '@patternfly/react-core'
import CopyIcon from '@patternfly/react-icons/dist/esm/icons/copy-icon'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

const shownMs = 1500

/** A text to read, with a button that copies it. */
export function CopyText({ text }: { text: string }) {
  const { t } = useTranslation()
  const [isCopied, setCopied] = useState(false)
  const copy = async () => {
    await copyToClipboard(text)
    setCopied(true)
    setTimeout(() => setCopied(false), shownMs)
  }
  return (
    <span className="copy-text">
      <span className="copy-text-value">{text}</span>
      <Tooltip content={isCopied ? t('copied') : t('copy')}>
        <Button
          variant="plain"
          size="sm"
          aria-label={`${isCopied ? t('copied') : t('copy')}: ${text}`}
          icon={<CopyIcon />}
          onClick={copy}
        />
      </Tooltip>
    </span>
  )
}

/** Also where the page came over plain HTTP, to which browsers give no clipboard. */
export async function copyToClipboard(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text)
  const area = document.createElement('textarea')
  area.value = text
  document.body.append(area)
  area.select()
  document.execCommand('copy')
  area.remove()
}
