import { Banner, Page, PageSidebar, PageSidebarBody, SkipToContent } from '@patternfly/react-core'
import { Outlet } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { AppMasthead } from './AppMasthead.tsx'
import { useIsLost } from './feed-context.ts'
import { Keyboard } from './Keyboard.tsx'
import { Navigation } from './Navigation.tsx'
import { Notices } from './Notices.tsx'
import { PoolTree } from './PoolTree.tsx'
import { TaskDrawer } from './TaskDrawer.tsx'
import { UploadTray } from './uploads/UploadTray.tsx'

const contentId = 'content'

/** What stands around every page; the task drawer at its foot follows the reader. */
export function Frame() {
  const { t } = useTranslation('frame')
  const isLost = useIsLost()
  return (
    <div className="frame">
      <Page
        className="frame-page"
        isManagedSidebar
        isContentFilled
        mainContainerId={contentId}
        skipToContent={<SkipToContent href={`#${contentId}`}>{t('skipToContent')}</SkipToContent>}
        masthead={<AppMasthead />}
        sidebar={
          <PageSidebar>
            <PageSidebarBody>
              <Navigation />
              <PoolTree />
            </PageSidebarBody>
          </PageSidebar>
        }
      >
        {isLost && (
          <Banner status="warning" role="status">
            {t('connectionLost')}
          </Banner>
        )}
        <Outlet />
      </Page>
      <UploadTray />
      <TaskDrawer />
      <Notices />
      <Keyboard />
    </div>
  )
}
