import '@patternfly/react-core/dist/styles/base.css'
import './pages.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './components/App.tsx'
import { startTheme } from './components/theme.ts'
import { startLanguages } from './i18n/i18n.ts'
import { createAppRouter } from './routes.tsx'

startTheme()
await startLanguages()
const root = document.getElementById('root')
if (!root) throw new Error('the page has no root')
createRoot(root).render(
  <StrictMode>
    <App router={createAppRouter()} />
  </StrictMode>,
)
