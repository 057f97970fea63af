import { useEffect, useState } from 'preact/hooks'

export type Theme = 'light' | 'dark'

const key = 'rollcall-theme'
const preference = window.matchMedia('(prefers-color-scheme: dark)')

/** The system's choice until somebody makes one here. */
export function useTheme(): [Theme, () => void] {
  const [chosen, setChosen] = useState(localStorage.getItem(key))
  const [prefersDark, setPrefersDark] = useState(preference.matches)
  useEffect(() => {
    const follow = () => setPrefersDark(preference.matches)
    preference.addEventListener('change', follow)
    return () => preference.removeEventListener('change', follow)
  }, [])
  const theme: Theme = chosen === 'light' || chosen === 'dark' ? chosen : prefersDark ? 'dark' : 'light'
  useEffect(() => {
    document.documentElement.dataset.theme = theme
  }, [theme])
  return [
    theme,
    () => {
      const next = theme === 'dark' ? 'light' : 'dark'
      localStorage.setItem(key, next)
      setChosen(next)
    },
  ]
}
