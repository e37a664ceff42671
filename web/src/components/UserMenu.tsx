import {
  Divider,
  Dropdown,
  DropdownGroup,
  DropdownItem,
  DropdownList,
  MenuToggle,
} from '@patternfly/react-core'
import UserIcon from '@patternfly/react-icons/dist/esm/icons/user-icon'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { queryClient, useChange } from '../api/query.ts'
import { sessionReading, useSession } from '../api/session.ts'
import { type Language, languages, rememberLanguage } from '../i18n/i18n.ts'
import { chooseTheme, chosenTheme, themes } from './theme.ts'

/** Theme, language, the own profile, and the way out. */
export function UserMenu() {
  const { t, i18n } = useTranslation('frame')
  const { user } = useSession()
  const navigate = useNavigate()
  const [isOpen, setOpen] = useState(false)
  const signOut = useChange('delete', '/sessions/{id}', {
    onSettled: () => {
      queryClient.clear()
      void queryClient.invalidateQueries({ queryKey: sessionReading.queryKey })
      window.location.assign('/ui/')
    },
  })
  const themeWords = { system: t('themeSystem'), light: t('themeLight'), dark: t('themeDark') }
  return (
    <Dropdown
      isOpen={isOpen}
      onOpenChange={setOpen}
      onSelect={() => setOpen(false)}
      popperProps={{ position: 'end' }}
      toggle={(ref) => (
        <MenuToggle
          ref={ref}
          variant="plainText"
          icon={<UserIcon />}
          isExpanded={isOpen}
          aria-label={t('userMenu', { user })}
          onClick={() => setOpen(!isOpen)}
        >
          <span className="user-menu-name">{user}</span>
        </MenuToggle>
      )}
    >
      <DropdownList>
        <DropdownItem onClick={() => void navigate({ to: '/profile' })}>{t('profile')}</DropdownItem>
        <Divider component="li" />
      </DropdownList>
      <DropdownGroup label={t('theme')}>
        <DropdownList>
          {themes.map((theme) => (
            <DropdownItem key={theme} isSelected={theme === chosenTheme()} onClick={() => chooseTheme(theme)}>
              {themeWords[theme]}
            </DropdownItem>
          ))}
        </DropdownList>
      </DropdownGroup>
      <DropdownGroup label={t('language')}>
        <DropdownList>
          {(Object.keys(languages) as Language[]).map((language) => (
            <DropdownItem
              key={language}
              lang={language}
              isSelected={i18n.language === language}
              onClick={() => rememberLanguage(language)}
            >
              {languages[language]}
            </DropdownItem>
          ))}
        </DropdownList>
      </DropdownGroup>
      <DropdownList>
        <Divider component="li" />
        <DropdownItem onClick={() => signOut.mutate({ params: { path: { id: 'self' } } })}>
          {t('signOut')}
        </DropdownItem>
      </DropdownList>
    </Dropdown>
  )
}
