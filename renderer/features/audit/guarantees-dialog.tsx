/** What each guarantee of the log covers, and what it cannot: in the words of the format's own page. */
import { href } from '../../router.ts'
import { AUDIT_TEXTS } from '../../texts-audit.ts'
import { Button, LinkButton } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Table, Td, Th } from '../../ui/table.tsx'

const t = AUDIT_TEXTS.guarantees

export function GuaranteesDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog
      title={t.title}
      onClose={onClose}
      width="wide"
      footer={
        <>
          <LinkButton href={href('settings', 'notifications')}>{t.settings}</LinkButton>
          <Button look="primary" onPress={onClose}>
            {t.close}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <p>{t.text}</p>
        <div className="overflow-x-auto rounded-lg border border-line">
          <Table label={t.title}>
            <thead>
              <tr>
                <Th>{t.what}</Th>
                <Th>{t.covers}</Th>
                <Th>{t.cannot}</Th>
              </tr>
            </thead>
            <tbody>
              {t.rows.map(([what, covers, cannot]) => (
                <tr key={what} className="align-top">
                  <Td className="py-1.5 font-medium">{what}</Td>
                  <Td className="py-1.5">{covers}</Td>
                  <Td className="py-1.5 text-ink-2">{cannot}</Td>
                </tr>
              ))}
            </tbody>
          </Table>
        </div>
        <div>
          <p className="font-medium">{t.alone}</p>
          <ul className="list-disc pl-5">
            {t.aloneRows.map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ul>
          <p className="mt-2">{t.witness}</p>
        </div>
      </div>
    </Dialog>
  )
}
