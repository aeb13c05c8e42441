/** People who may answer review packs: who they are, with which key, added and removed by the owner alone. */
import { useState } from 'react'
import type { OutputOf } from '../../../shared/operations.ts'
import { Age, ErrorNotice, Foreign } from '../../parts/pieces.tsx'
import { useAct, useRead } from '../../queries.ts'
import { SIGN_OFF_TEXTS } from '../../texts-sign-off.ts'
import { Button } from '../../ui/button.tsx'
import { Chip } from '../../ui/chip.tsx'
import { TextField } from '../../ui/field.tsx'
import { Section } from '../../ui/screen.tsx'
import { Empty, SkeletonRows } from '../../ui/state.tsx'
import { Table, Td, Th } from '../../ui/table.tsx'
import { toast } from '../../ui/toast.tsx'
import { OwnerDialog } from './sign-off-dialogs.tsx'

type Reviewer = OutputOf<'list_reviewers'>['reviewers'][number]
const t = SIGN_OFF_TEXTS.reviewers
const PREFIX = 'review.spendsignoff/'

function AddDialog({ hasPassphrase, onClose }: { hasPassphrase: boolean; onClose: () => void }) {
  const add = useAct('add_reviewer')
  const [name, setName] = useState('')
  const [vkey, setVkey] = useState('')
  const isKey = vkey.trim().startsWith(PREFIX)
  return (
    <OwnerDialog
      title={t.addTitle}
      confirm={t.addConfirm}
      hasPassphrase={hasPassphrase}
      isPending={add.isPending}
      isReady={name.trim() !== '' && isKey}
      error={add.error}
      onClose={onClose}
      onConfirm={(owner) =>
        add.mutate(
          { name: name.trim(), vkey: vkey.trim(), ...owner },
          {
            onSuccess: () => {
              toast(t.addDone)
              onClose()
            },
          },
        )
      }
    >
      <TextField label={t.name} help={t.nameHelp} value={name} onChange={setName} maxLength={80} autoFocus />
      <TextField
        label={t.vkey}
        help={t.vkeyHelp}
        value={vkey}
        onChange={setVkey}
        maxLength={160}
        isMultiline
        error={vkey.trim() !== '' && !isKey ? t.vkeyError : null}
      />
      <p className="text-ink-2">{SIGN_OFF_TEXTS.rule.honest}</p>
    </OwnerDialog>
  )
}

function RemoveDialog({
  reviewer,
  hasPassphrase,
  onClose,
}: {
  reviewer: Reviewer
  hasPassphrase: boolean
  onClose: () => void
}) {
  const remove = useAct('remove_reviewer')
  return (
    <OwnerDialog
      title={t.removeTitle}
      confirm={t.removeConfirm}
      look="danger"
      hasPassphrase={hasPassphrase}
      isPending={remove.isPending}
      error={remove.error}
      onClose={onClose}
      onConfirm={(owner) =>
        remove.mutate(
          { reviewer_id: reviewer.reviewer_id, ...owner },
          {
            onSuccess: () => {
              toast(t.removeDone)
              onClose()
            },
          },
        )
      }
    >
      <p className="font-semibold">
        <Foreign text={reviewer.name} />
      </p>
      <p>{t.removeText}</p>
    </OwnerDialog>
  )
}

function Row({ reviewer, onRemove }: { reviewer: Reviewer; onRemove: () => void }) {
  return (
    <tr className="hover:bg-hover">
      <Td className="max-w-64 py-1.5">
        <Foreign text={reviewer.name} className="font-medium" />
      </Td>
      <Td>
        <span className="num" title={reviewer.vkey}>
          {reviewer.key_id}
        </span>
      </Td>
      <Td className="whitespace-nowrap text-ink-2">
        <Age at={reviewer.added_at} />
      </Td>
      <Td>
        {reviewer.removed_at === null ? (
          <Chip tone="good" icon="check">
            {t.active}
          </Chip>
        ) : (
          <Chip icon="cross">{t.removed}</Chip>
        )}
      </Td>
      <Td className="text-right">
        {reviewer.removed_at === null ? (
          <Button size="small" look="quiet" onPress={onRemove}>
            {t.remove}
          </Button>
        ) : null}
      </Td>
    </tr>
  )
}

export function ReviewersSection({ hasPassphrase }: { hasPassphrase: boolean }) {
  const reviewers = useRead('list_reviewers', {})
  const [isAdding, setIsAdding] = useState(false)
  const [removing, setRemoving] = useState<Reviewer | null>(null)
  const list = reviewers.data?.reviewers
  const add = (
    <Button icon="plus" onPress={() => setIsAdding(true)}>
      {t.add}
    </Button>
  )
  return (
    <Section title={t.title} text={t.text} action={add}>
      <div className="relative overflow-x-auto rounded-lg border border-line bg-surface">
        {list === undefined ? (
          reviewers.isError ? (
            <div className="p-3">
              <ErrorNotice title={t.failed} error={reviewers.error} onRetry={() => void reviewers.refetch()} />
            </div>
          ) : (
            <SkeletonRows rows={2} label={t.loading} />
          )
        ) : list.length === 0 ? (
          <Empty icon="shield" title={t.emptyTitle}>
            {t.empty}
          </Empty>
        ) : (
          <Table label={t.title}>
            <thead>
              <tr>
                <Th>{t.name}</Th>
                <Th>{t.key}</Th>
                <Th>{t.added}</Th>
                <Th>{t.state}</Th>
                <Th>
                  <span className="sr-only">{t.remove}</span>
                </Th>
              </tr>
            </thead>
            <tbody>
              {list.map((reviewer) => (
                <Row key={reviewer.reviewer_id} reviewer={reviewer} onRemove={() => setRemoving(reviewer)} />
              ))}
            </tbody>
          </Table>
        )}
      </div>
      {isAdding ? <AddDialog hasPassphrase={hasPassphrase} onClose={() => setIsAdding(false)} /> : null}
      {removing === null ? null : (
        <RemoveDialog reviewer={removing} hasPassphrase={hasPassphrase} onClose={() => setRemoving(null)} />
      )}
    </Section>
  )
}
