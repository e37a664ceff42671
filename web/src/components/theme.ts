const storageKey = 'nacelle.theme'
export const themes = ['system', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

const dark = window.matchMedia('(prefers-color-scheme: dark)')

export const chosenTheme = (): Theme => {
  const stored = localStorage.getItem(storageKey)
  return themes.find((theme) => theme === stored) ?? 'system'
}

/** Shows the chosen theme, and follows the system where that is the choice. */
export function startTheme(): void {
  apply()
  dark.addEventListener('change', apply)
}

export function chooseTheme(theme: Theme): void {
  localStorage.setItem(storageKey, theme)
  apply()
}

export const isDark = (): boolean => {
  const theme = chosenTheme()
  return theme === 'dark' || (theme === 'system' && dark.matches)
}

function apply(): void {
  document.documentElement.classList.toggle('pf-v6-theme-dark', isDark())
  document.documentElement.style.colorScheme = isDark() ? 'dark' : 'light'
  window.dispatchEvent(new Event('nacelle-theme'))
}
