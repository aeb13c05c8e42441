/** Campaign → ad group → ad as a table whose rows open. Each level is read when it is opened. */
import { useState } from 'react'
import type { EntityView, OutputOf } from '../../../shared/operations.ts'
import { fill, money } from '../../format.ts'
import { ErrorNotice, Foreign, Unknown } from '../../parts/pieces.tsx'
import { visible } from '../../parts/words.ts'
import { useRead } from '../../queries.ts'
import { TEXTS } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { Chip } from '../../ui/chip.tsx'
import { TextField } from '../../ui/field.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Section } from '../../ui/screen.tsx'
import { Empty, SkeletonRows } from '../../ui/state.tsx'
import { Table, Td, Th } from '../../ui/table.tsx'

type Account = OutputOf<'list_accounts'>['accounts'][number]
type Level = 'campaign' | 'ad_group' | 'ad'
const t = TEXTS.accounts
const CHILD: Readonly<Record<Level, Level | null>> = { campaign: 'ad_group', ad_group: 'ad', ad: null }
const INDENT = ['pl-2', 'pl-8', 'pl-14'] as const
const COLUMNS = 6
/** The indent says it too. */
const WIDE = 'hidden lg:table-cell'
const PAGE = 100

function Budget({ entity }: { entity: EntityView }) {
  if (entity.daily_budget !== null) return money(entity.daily_budget)
  if (entity.budget_kind === 'inherited')
    return (
      <span className="text-ink-2" title={t.budgetInherited}>
        {t.inherited}
      </span>
    )
  if (entity.budget_kind === 'lifetime')
    return (
      <span className="text-ink-2" title={t.budgetLifetime}>
        {t.lifetime}
      </span>
    )
  return <Unknown why={t.budgetNone} />
}

function Row({
  entity,
  depth,
  isOpen,
  onToggle,
  onPropose,
}: {
  entity: EntityView
  depth: 0 | 1 | 2
  isOpen: boolean
  onToggle: (() => void) | null
  onPropose: (id: EntityView['entity_id']) => void
}) {
  const name = visible(entity.untrusted.name)
  return (
    <tr className="hover:bg-hover">
      <Td className={`w-full max-w-40 ${INDENT[depth]}`}>
        <span className="flex min-w-0 items-center gap-1">
          {onToggle === null ? (
            <span className="w-6" />
          ) : (
            <button
              type="button"
              aria-expanded={isOpen}
              aria-label={fill(isOpen ? t.close : t.open, { name })}
              onClick={onToggle}
              className="grid size-6 shrink-0 place-items-center rounded text-ink-2 hover:bg-line"
            >
              <Icon name={isOpen ? 'down' : 'right'} size={12} />
            </button>
          )}
          <Foreign text={entity.untrusted.name} className={`min-w-0 truncate ${depth === 0 ? 'font-medium' : ''}`} />
        </span>
      </Td>
      <Td className={`whitespace-nowrap text-ink-2 ${WIDE}`}>{TEXTS.entityTypes[entity.type]}</Td>
      <Td>{entity.status === 'enabled' ? TEXTS.statuses.enabled : <Chip>{TEXTS.statuses[entity.status]}</Chip>}</Td>
      <Td isNumber>
        <Budget entity={entity} />
      </Td>
      <Td isNumber>{entity.spend_7d === null ? <Unknown why={t.spendUnknown} /> : money(entity.spend_7d)}</Td>
      <Td className="text-right">
        <Button
          size="small"
          look="quiet"
          aria-label={fill(t.proposeFor, { name })}
          onPress={() => onPropose(entity.entity_id)}
        >
          {TEXTS.propose.short}
        </Button>
      </Td>
    </tr>
  )
}

function Whole({ children }: { children: React.ReactNode }) {
  return (
    <tr>
      <td colSpan={COLUMNS} className="border-b border-line px-3 py-2">
        {children}
      </td>
    </tr>
  )
}

function Rows({
  account,
  level,
  parent,
  depth,
  name,
  onPropose,
}: {
  account: Account
  level: Level
  parent: EntityView['entity_id'] | null
  depth: 0 | 1 | 2
  name: string
  onPropose: (id: EntityView['entity_id']) => void
}) {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set())
  const entities = useRead(
    'list_entities',
    {
      account_id: account.account_id,
      type: level,
      status: 'any',
      order_by: 'spend_7d',
      limit: PAGE,
      ...(parent === null ? {} : { parent_id: parent }),
      ...(name === '' ? {} : { name_contains: name }),
    },
    { keepsPrevious: true },
  )
  if (entities.isPending)
    return (
      <Whole>
        <SkeletonRows rows={depth === 0 ? 6 : 2} label={t.loadingEntities} />
      </Whole>
    )
  if (entities.isError && entities.data === undefined)
    return (
      <Whole>
        <ErrorNotice title={t.entitiesFailed} error={entities.error} onRetry={() => void entities.refetch()} />
      </Whole>
    )
  const list = entities.data?.entities ?? []
  if (list.length === 0)
    return (
      <Whole>
        {depth === 0 ? (
          <Empty icon="accounts" title={name === '' ? t.empty : TEXTS.palette.none}>
            {name === '' ? t.emptyText : null}
          </Empty>
        ) : (
          <span className="text-ink-2">{t.emptyBelow}</span>
        )}
      </Whole>
    )
  const child = CHILD[level]
  return (
    <>
      {list.map((entity) => {
        const id = entity.entity_id
        const isOpen = open.has(id)
        const toggle = () => {
          const next = new Set(open)
          if (!next.delete(id)) next.add(id)
          setOpen(next)
        }
        return [
          <Row
            key={id}
            entity={entity}
            depth={depth}
            isOpen={isOpen}
            onToggle={child === null ? null : toggle}
            onPropose={onPropose}
          />,
          isOpen && child !== null && depth < 2 ? (
            <Rows
              key={`${id} below`}
              account={account}
              level={child}
              parent={id}
              depth={depth === 0 ? 1 : 2}
              name=""
              onPropose={onPropose}
            />
          ) : null,
        ]
      })}
      {(entities.data?.total ?? 0) > list.length ? (
        <Whole>
          <span className="text-xs text-ink-2">
            {fill(TEXTS.common.shown, { shown: list.length, total: entities.data?.total ?? 0 })}
          </span>
        </Whole>
      ) : null}
    </>
  )
}

export function EntityTree({
  account,
  onPropose,
}: {
  account: Account
  onPropose: (id: EntityView['entity_id']) => void
}) {
  const [name, setName] = useState('')
  return (
    <Section
      title={visible(account.untrusted.name)}
      action={
        <div className="w-56">
          <TextField
            label={t.filter}
            placeholder={t.filter}
            isLabelHidden
            value={name}
            onChange={setName}
            maxLength={80}
          />
        </div>
      }
    >
      <div className="relative overflow-x-auto rounded-lg border border-line bg-surface">
        <Table label={t.tree}>
          <thead>
            <tr>
              <Th className="pl-10">{t.name}</Th>
              <Th className={WIDE}>{t.level}</Th>
              <Th>{t.status}</Th>
              <Th isNumber>{t.budget}</Th>
              <Th isNumber>{t.spend}</Th>
              <Th>
                <span className="sr-only">{TEXTS.common.actions}</span>
              </Th>
            </tr>
          </thead>
          <tbody>
            <Rows account={account} level="campaign" parent={null} depth={0} name={name.trim()} onPropose={onPropose} />
          </tbody>
        </Table>
      </div>
    </Section>
  )
}
