/** Who can see what: ad platforms this computer reads, and AI clients that may read here. */
import { useState } from 'react'
import { useRead } from '../../queries.ts'
import { go } from '../../router.ts'
import { TEXTS } from '../../texts.ts'
import { ScreenHeader } from '../../ui/screen.tsx'
import { AddClientDialog, type NewClient } from './add-client-dialog.tsx'
import { ClientsSection } from './clients-section.tsx'
import { GoogleDialog } from './google-dialog.tsx'
import { MetaDialog } from './meta-dialog.tsx'
import { PlatformsSection } from './platforms-section.tsx'
import { TiktokDialog } from './tiktok-dialog.tsx'
import { TokenDialog } from './token-dialog.tsx'

function ConnectDialog({ platform, onClose }: { platform: string | null; onClose: () => void }) {
  if (platform === 'google_ads') return <GoogleDialog onClose={onClose} />
  if (platform === 'meta') return <MetaDialog onClose={onClose} />
  return platform === 'tiktok' ? <TiktokDialog onClose={onClose} /> : null
}

export function ConnectionsScreen({ id }: { id: string | null }) {
  const isDemo = useRead('get_app_state', {}).data?.workspace?.is_demo === true
  const [isAdding, setIsAdding] = useState(false)
  // The token lives here and nowhere else: not in the cache, not in the address, gone with the dialog.
  const [added, setAdded] = useState<NewClient | null>(null)
  return (
    <div className="min-h-full">
      <ScreenHeader title={TEXTS.connections.title} question={TEXTS.connections.question} />
      <div className="flex max-w-5xl flex-col gap-8 p-4">
        <PlatformsSection isDemo={isDemo} onAdd={(platform) => go('connections', platform)} />
        <ClientsSection onAdd={() => setIsAdding(true)} />
      </div>
      {isDemo ? null : <ConnectDialog platform={id} onClose={() => go('connections')} />}
      {isAdding ? (
        <AddClientDialog
          onClose={() => setIsAdding(false)}
          onAdded={(made) => {
            setIsAdding(false)
            setAdded(made)
          }}
        />
      ) : null}
      {added === null ? null : <TokenDialog made={added} onClose={() => setAdded(null)} />}
    </div>
  )
}
