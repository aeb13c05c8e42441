/** What a person brings: exports of the platforms, orders, exchange rates. Shown before it is stored; nothing leaves this computer. */
import { useState } from 'react'
import { DropZone, FileTrigger } from 'react-aria-components'
import { fill, plural } from '../../format.ts'
import { ErrorNotice } from '../../parts/pieces.tsx'
import { useRead } from '../../queries.ts'
import { go } from '../../router.ts'
import { IMPORT_TEXTS as t } from '../../texts-imports.ts'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { ScreenHeader, Section } from '../../ui/screen.tsx'
import { SkeletonRows } from '../../ui/state.tsx'
import { periodText } from './file-words.ts'
import { ImportDialog } from './import-dialog.tsx'
import { ImportedAccounts } from './imported-accounts.tsx'
import { ImportsTable } from './imports-table.tsx'

const CHOOSE = 'choose-file'
const ACCEPTED = ['.csv', '.tsv', '.txt', '.xlsx', '.zip']

/** A place to drop a file on, and a button for those who do not drag. */
function FileChooser({ onFile }: { onFile: (file: File) => void }) {
  return (
    <DropZone
      aria-label={t.drop}
      getDropOperation={() => 'copy'}
      onDrop={(event) => {
        const item = event.items.find((each) => each.kind === 'file')
        if (item?.kind === 'file') void item.getFile().then(onFile)
      }}
      className="flex flex-wrap items-center gap-4 rounded-xl border border-dashed border-line-strong bg-surface px-5 py-5 drop-target:border-accent drop-target:bg-selected"
    >
      <span className="grid size-10 place-items-center rounded-lg bg-selected text-accent-ink">
        <Icon name="files" size={20} />
      </span>
      <div className="min-w-60 flex-1">
        <p className="text-md font-semibold">{t.drop}</p>
        <p className="text-ink-2">{t.dropText}</p>
      </div>
      <FileTrigger
        acceptedFileTypes={ACCEPTED}
        onSelect={(files) => {
          const file = files?.[0]
          if (file !== undefined) onFile(file)
        }}
      >
        <Button look="primary" size="large" id={CHOOSE}>
          {t.choose}
        </Button>
      </FileTrigger>
    </DropZone>
  )
}

function WhatCanBe() {
  const kinds = ['platform_report', 'orders', 'rates'] as const
  return (
    <Section title={t.kindTitle}>
      <ul className="grid gap-3 md:grid-cols-3">
        {kinds.map((kind) => (
          <li key={kind} className="rounded-lg border border-line bg-surface px-3.5 py-2.5">
            <h3 className="font-semibold">{t.kinds[kind]}</h3>
            <p className="text-ink-2">{t.kindHelp[kind]}</p>
          </li>
        ))}
      </ul>
    </Section>
  )
}

function Rates() {
  const rates = useRead('get_exchange_rates', {})
  const { data } = rates
  if (data === undefined) return null
  const range = data.first_date === null || data.last_date === null ? null : periodText(data.first_date, data.last_date)
  const text = range === null ? t.ratesNone : fill(data.source === 'import' ? t.ratesImport : t.ratesStarter, { range })
  return (
    <Section title={t.ratesTitle} text={text}>
      {null}
    </Section>
  )
}

export function FilesScreen() {
  const [file, setFile] = useState<File | null>(null)
  const imports = useRead('list_imports', {})
  const orders = imports.data?.orders ?? null
  return (
    <div className="min-h-full">
      <ScreenHeader title={t.title} question={t.question} />
      <div className="flex max-w-5xl flex-col gap-8 p-4">
        <FileChooser onFile={setFile} />
        <WhatCanBe />
        <Section title={t.list}>
          {imports.isError && imports.data === undefined ? (
            <ErrorNotice error={imports.error} onRetry={() => void imports.refetch()} />
          ) : imports.data === undefined ? (
            <SkeletonRows rows={3} label={t.list} />
          ) : (
            <ImportsTable imports={imports.data.imports} />
          )}
        </Section>
        <ImportedAccounts
          ordersText={
            orders === null
              ? null
              : `${plural(t.ordersCount, orders.count)} · ${periodText(orders.first_date, orders.last_date)}`
          }
        />
        <Rates />
      </div>
      {file === null ? null : (
        <ImportDialog
          key={`${file.name} ${file.lastModified} ${file.size}`}
          file={file}
          onClose={() => {
            setFile(null)
            setTimeout(() => document.getElementById(CHOOSE)?.focus())
          }}
          onReport={() => {
            setFile(null)
            go('report')
          }}
        />
      )}
    </div>
  )
}
