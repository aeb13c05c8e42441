import type { ReactNode, TdHTMLAttributes } from 'react'

/** Dense rows of 32 px. Numbers stand right with equal decimals, so that the decimal points align. */
export function Table({ label, children }: { label: string; children: ReactNode }) {
  return (
    <table aria-label={label} className="w-full border-collapse text-left [&>tbody>tr:last-child>td]:border-b-0">
      {children}
    </table>
  )
}
export function Th({
  children,
  isNumber = false,
  className = '',
}: {
  children?: ReactNode
  isNumber?: boolean
  className?: string
}) {
  return (
    <th
      scope="col"
      className={`h-8 border-b border-line px-3 text-xs font-medium whitespace-nowrap text-ink-2 ${isNumber ? 'text-right' : ''} ${className}`}
    >
      {children}
    </th>
  )
}
export function Td({
  children,
  isNumber = false,
  className = '',
  ...rest
}: TdHTMLAttributes<HTMLTableCellElement> & { isNumber?: boolean }) {
  return (
    <td
      {...rest}
      className={`h-8 border-b border-line px-3 ${isNumber ? 'num text-right whitespace-nowrap' : ''} ${className}`}
    >
      {children}
    </td>
  )
}
