import './ui/theme.css'
import { QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { takeKeyFromAddress } from './page-key.ts'
import { queryClient } from './queries.ts'
import { applyTheme } from './settings.ts'

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')
takeKeyFromAddress()
applyTheme()
// Charts measure their texts when they first render: with a font still loading the ticks would move afterwards.
await document.fonts.ready
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
)
