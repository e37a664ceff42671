import { Modal, ModalBody, ModalHeader, Title } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { reading } from '../api/query.ts'
import { FirstAdministrator } from './FirstAdministrator.tsx'
import { SignInForm } from './SignInForm.tsx'

export interface SignInProps {
  /** Above the page that the ended session has left. */
  isAgain?: boolean
  onSignedIn: () => Promise<void>
}

/** Asks who one is; on a new appliance, makes the first administrator. */
export function SignIn({ isAgain, onSignedIn }: SignInProps) {
  const { t } = useTranslation('signIn')
  const { data: system } = useQuery({ ...reading('/system'), enabled: !isAgain })
  if (isAgain)
    return (
      <Modal isOpen variant="small" aria-labelledby="sign-in-title">
        <ModalHeader title={t('title')} labelId="sign-in-title" description={t('again')} />
        <ModalBody>
          <SignInForm onSignedIn={onSignedIn} />
        </ModalBody>
      </Modal>
    )
  const isFirst = system?.ready === false
  return (
    <main className="sign-in">
      <div className="sign-in-card">
        <img src="/ui/icon.svg" alt="" className="sign-in-mark" />
        <Title headingLevel="h1" size="2xl">
          {isFirst ? t('firstTitle') : t('title')}
        </Title>
        {isFirst ? <FirstAdministrator onSignedIn={onSignedIn} /> : <SignInForm onSignedIn={onSignedIn} />}
      </div>
    </main>
  )
}
