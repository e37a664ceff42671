import { useTranslation } from 'react-i18next'
import type { Answer } from '../../api/client.ts'
import { settings } from '../../i18n/en/settings.ts'

export type SettingView = Answer<'/settings', 'get'>[number]

type AboutKey = Extract<keyof typeof settings, `about_${string}`>

const isKnown = (key: string): key is AboutKey => key.startsWith('about_') && key in settings

/** What a setting is for, and its value in words. */
export function useSettingWords() {
  const { t } = useTranslation('settings')
  return {
    aboutOf({ name, description }: SettingView): string {
      const key = `about_${name.replaceAll('.', '_')}`
      return isKnown(key) ? t(key) : description
    },
    textOf(value: unknown, unit: string | null): string {
      if (typeof value === 'boolean') return value ? t('yes') : t('no')
      if (Array.isArray(value)) return value.length === 0 ? t('empty') : value.join(', ')
      if (value === '') return t('empty')
      return unit === null ? String(value) : `${String(value)} ${unit}`
    },
  }
}
