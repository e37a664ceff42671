import { Alert, AlertActionCloseButton, AlertActionLink, AlertGroup } from '@patternfly/react-core'
import { useTranslation } from 'react-i18next'
import { dismissNotice, useNotices } from './notices.ts'

// Time enough to read an offer and take it.
const shownMs = 12_000

/** The notices of lone actions; they are read out to who does not see them. */
export function Notices() {
  const { t } = useTranslation(['frame', 'common'])
  const notices = useNotices()
  return (
    <AlertGroup isToast isLiveRegion aria-label={t('notices')}>
      {notices.map(({ id, kind, title, text, action }) => (
        <Alert
          key={id}
          variant={kind}
          title={title}
          timeout={kind === 'danger' ? false : shownMs}
          onTimeout={() => dismissNotice(id)}
          actionClose={
            <AlertActionCloseButton
              title={title}
              aria-label={t('common:close')}
              onClose={() => dismissNotice(id)}
            />
          }
          {...(action
            ? {
                actionLinks: (
                  <AlertActionLink
                    onClick={() => {
                      action.onChoose()
                      dismissNotice(id)
                    }}
                  >
                    {action.title}
                  </AlertActionLink>
                ),
              }
            : {})}
        >
          {text}
        </Alert>
      ))}
    </AlertGroup>
  )
}
