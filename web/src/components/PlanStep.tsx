import { Button, CodeBlock, CodeBlockAction, CodeBlockCode, ExpandableSection } from '@patternfly/react-core'
import CopyIcon from '@patternfly/react-icons/dist/esm/icons/copy-icon'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { PlanEffect } from '../api/plan.ts'
import { commandLine } from '../api/plan-totals.ts'
import { copyToClipboard } from '../ui/CopyText.tsx'
import { bytesText } from '../ui/format.ts'

/** A batch has hundreds of effects in one step. */
const shownAtFirst = 20

/** One step of a plan; its commands are folded. */
export function PlanStep({ step, effects }: { step: string; effects: readonly PlanEffect[] }) {
  const { t } = useTranslation('plan')
  const [shown, setShown] = useState(shownAtFirst)
  const commands = effects.flatMap((effect) => effect.commands ?? [])
  const more = effects.length - shown
  return (
    <li className="plan-step">
      <span className="plan-step-name">{step}</span>
      <div className="plan-step-body">
        <ul className="plan-effects">
          {effects.slice(0, shown).map((effect, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the effects of one plan keep their order
            <Effect key={index} effect={effect} />
          ))}
        </ul>
        {more > 0 && (
          <Button variant="link" isInline onClick={() => setShown(effects.length)}>
            {t('showAll', { count: more })}
          </Button>
        )}
        {commands.length > 0 && <Commands step={step} commands={commands} />}
      </div>
    </li>
  )
}

function Effect({ effect: { effect } }: { effect: PlanEffect }) {
  const { i18n } = useTranslation()
  return <li>{withReadableSizes(effect, i18n.language)}</li>
}

/** The commands say sizes to the byte; the sentence says them as people do. */
const withReadableSizes = (text: string, language: string): string =>
  text.replace(/\b(\d{5,}) bytes\b/g, (_, bytes: string) => bytesText(Number(bytes), language))

function Commands({ step, commands }: { step: string; commands: readonly (readonly string[])[] }) {
  const { t } = useTranslation('plan')
  const [isOpen, setOpen] = useState(false)
  const text = commands.map(commandLine).join('\n')
  return (
    <ExpandableSection
      className="plan-commands"
      isExpanded={isOpen}
      onToggle={(_, isExpanded) => setOpen(isExpanded)}
      toggleText={isOpen ? t('hideCommands') : t('commands', { count: commands.length })}
    >
      <CodeBlock
        actions={
          <CodeBlockAction>
            <Button
              variant="plain"
              size="sm"
              aria-label={t('copyCommands', { step })}
              icon={<CopyIcon />}
              onClick={() => void copyToClipboard(text)}
            />
          </CodeBlockAction>
        }
      >
        <CodeBlockCode>{text}</CodeBlockCode>
      </CodeBlock>
    </ExpandableSection>
  )
}
