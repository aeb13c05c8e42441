import type { ReactNode } from 'react'
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components'

const WIDTHS = { narrow: 'max-w-md', normal: 'max-w-xl', roomy: 'max-w-[42rem]', wide: 'max-w-3xl' } as const

/**
 * A modal dialog. Escape closes it through `onClose`; a click beside it does nothing, so that half-typed input and
 * half-made decisions are never lost to a slip of the mouse.
 */
export function Dialog({
  title,
  onClose,
  width = 'normal',
  role = 'dialog',
  isTitleHidden = false,
  children,
  footer,
}: {
  title: string
  onClose: () => void
  width?: keyof typeof WIDTHS
  role?: 'dialog' | 'alertdialog'
  isTitleHidden?: boolean
  children: ReactNode
  footer?: ReactNode
}) {
  return (
    <ModalOverlay
      isOpen
      onOpenChange={(isOpen) => {
        if (!isOpen) onClose()
      }}
      className="fixed inset-0 z-40 grid place-items-center overflow-y-auto bg-[oklch(0_0_0/0.42)] p-4"
    >
      <Modal className={`w-full ${WIDTHS[width]} rounded-xl bg-raised shadow-pop`}>
        <AriaDialog role={role} className="flex max-h-[calc(100vh-2rem)] flex-col outline-none">
          <Heading slot="title" className={isTitleHidden ? 'sr-only' : 'px-5 pt-4 pb-1 text-lg font-semibold'}>
            {title}
          </Heading>
          <div className="min-h-0 flex-1 overflow-y-auto px-5 py-3">{children}</div>
          {footer === undefined ? null : (
            <div className="flex flex-wrap items-center justify-end gap-2 border-t border-line px-5 py-3">{footer}</div>
          )}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  )
}

/** The buttons of a form that is the dialog's content: always in sight, however long the form is. */
export function DialogActions({ children }: { children: ReactNode }) {
  return (
    <div className="sticky -bottom-3 -mx-5 -mb-3 flex justify-end gap-2 border-t border-line bg-raised px-5 py-3">
      {children}
    </div>
  )
}
