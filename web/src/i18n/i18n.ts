import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import { en } from './en.ts'

export const languages = { en: 'English', zh: '简体中文' } as const
export type Language = keyof typeof languages

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'common'
    resources: typeof en
  }
}

const storageKey = 'nacelle.language'

const isLanguage = (text: string | null): text is Language => text !== null && text in languages

const preferred = (): Language => {
  const stored = localStorage.getItem(storageKey)
  if (isLanguage(stored)) return stored
  return navigator.languages.some((language) => language.startsWith('zh')) &&
    !navigator.languages[0]?.startsWith('en')
    ? 'zh'
    : 'en'
}

/** English comes with the program, for whatever another language lacks; that one is loaded when it is chosen. */
export async function startLanguages(): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: 'en',
    fallbackLng: 'en',
    defaultNS: 'common',
    resources: { en },
    // React escapes what it shows.
    interpolation: { escapeValue: false },
  })
  await chooseLanguage(preferred())
}

export async function chooseLanguage(language: Language): Promise<void> {
  if (language === 'zh' && !i18next.hasResourceBundle('zh', 'common')) {
    const { zh } = await import('./zh.ts')
    for (const [namespace, messages] of Object.entries(zh))
      i18next.addResourceBundle('zh', namespace, messages)
  }
  await i18next.changeLanguage(language)
  document.documentElement.lang = language === 'zh' ? 'zh-Hans' : language
}

export function rememberLanguage(language: Language): void {
  localStorage.setItem(storageKey, language)
  void chooseLanguage(language)
}
