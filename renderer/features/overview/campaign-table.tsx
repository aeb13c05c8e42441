/** Campaigns, most spend first. */
import type { EntityView } from '../../../shared/operations.ts'
import { fill } from '../../format.ts'
import { ErrorNotice, Foreign, PlatformChip } from '../../parts/pieces.tsx'
import { platformOf, visible } from '../../parts/words.ts'
import { TEXTS } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { Section } from '../../ui/screen.tsx'
import { Empty, SkeletonRows } from '../../ui/state.tsx'
import { Table, Td, Th } from '../../ui/table.tsx'
import { type Totals, whyUnknown } from './figures.ts'
import { MetricText } from './tiles.tsx'
import { type Scope, useCampaigns } from './use-figures.ts'

const t = TEXTS.overview

export function CampaignTable({
  scope,
  onPropose,
}: {
  scope: Scope
  onPropose: (id: EntityView['entity_id']) => void
}) {
  const campaigns = useCampaigns(scope)
  const rows = campaigns.data?.rows.filter((row) => row.currency === scope.currency) ?? []
  const cell = (kind: 'money' | 'ratio' | 'count', metrics: Totals, name: keyof Totals) => (
    <Td isNumber>
      <MetricText
        name={kind}
        value={metrics[name]}
        currency={scope.currency}
        unknownWhy={t.why[whyUnknown(metrics, name)]}
      />
    </Td>
  )
  return (
    <Section title={t.campaigns}>
      {campaigns.isPending ? <SkeletonRows rows={6} label={t.loading} /> : null}
      {campaigns.isError && campaigns.data === undefined ? (
        <ErrorNotice title={t.failed} error={campaigns.error} onRetry={() => void campaigns.refetch()} />
      ) : null}
      {campaigns.data !== undefined && rows.length === 0 ? (
        <Empty icon="overview" title={t.none}>
          {t.noneText}
        </Empty>
      ) : null}
      {rows.length === 0 ? null : (
        <div className="relative overflow-x-auto rounded-lg border border-line bg-surface">
          <Table label={t.campaigns}>
            <thead>
              <tr>
                <Th>{t.campaign}</Th>
                <Th isNumber>{t.tiles.spend}</Th>
                <Th isNumber>{t.tiles.roas}</Th>
                <Th isNumber>{t.tiles.conversions}</Th>
                <Th isNumber>{t.tiles.cpa}</Th>
                <Th isNumber>{t.tiles.view}</Th>
                <Th>
                  <span className="sr-only">{TEXTS.common.actions}</span>
                </Th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => {
                const id = row.entity_id
                const name = row.untrusted?.name ?? id ?? ''
                return (
                  <tr key={id ?? name} className="hover:bg-hover">
                    <Td className="max-w-80">
                      <span className="flex items-center gap-2">
                        {id === undefined ? null : (
                          <span className="w-20 shrink-0">
                            <PlatformChip platform={platformOf(id)} />
                          </span>
                        )}
                        <Foreign text={name} className="min-w-0 truncate" />
                      </span>
                    </Td>
                    {cell('money', row.metrics, 'spend')}
                    {cell('ratio', row.metrics, 'roas')}
                    {cell('count', row.metrics, 'conversions')}
                    {cell('money', row.metrics, 'cpa')}
                    {cell('count', row.metrics, 'conversions_view')}
                    <Td className="text-right">
                      {id === undefined ? null : (
                        <Button
                          size="small"
                          look="quiet"
                          aria-label={fill(TEXTS.accounts.proposeFor, { name: visible(name) })}
                          onPress={() => onPropose(id)}
                        >
                          {TEXTS.propose.short}
                        </Button>
                      )}
                    </Td>
                  </tr>
                )
              })}
            </tbody>
          </Table>
        </div>
      )}
      {campaigns.data !== undefined && campaigns.data.total > rows.length ? (
        <p className="text-xs text-ink-2">
          {fill(TEXTS.common.shown, { shown: rows.length, total: campaigns.data.total })}
        </p>
      ) : null}
    </Section>
  )
}
