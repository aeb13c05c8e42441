/** Line icons on a 16-px grid, drawn for this app. Always decorative: a word or an accessible name stands beside each. */
const PATHS = {
  overview: 'M2 13.5h12M3.5 11V8M7 11V4.5M10.5 11V6.5M13.5 11V3',
  report: 'M2.5 2.5v11h11M4.5 10.5L7.5 7l2.3 2L13 5',
  queue: 'M3 3.5h10M3 8h6M3 12.5h4M10.5 11l1.7 1.7L15 9.5',
  accounts: 'M2.5 4.5h11v9h-11zM5.5 4.5v-2h5v2M2.5 8.5h11',
  audit: 'M4 2.5h8v11H4zM6 5.5h4M6 8h4M6 10.5h2',
  connections: 'M6 4v2.5M10 4v2.5M4 6.5h8v2a4 4 0 0 1-8 0zM8 12.5v2',
  files: 'M4 2.5h5l3 3v8H4zM9 2.5v3h3M8 11.5V7.5M6.2 9.3L8 7.5l1.8 1.8',
  settings: 'M2.5 4.5h6M12 4.5h1.5M10.2 2.8v3.4M2.5 11.5h1.5M7.5 11.5h6M5.8 9.8v3.4',
  sync: 'M13 7a5 5 0 0 0-9-2L2.5 6.5M2.5 3v3.5H6M3 9a5 5 0 0 0 9 2l1.5-1.5M13.5 13V9.5H10',
  sun: 'M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6M8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9',
  moon: 'M13 9.5A5.5 5.5 0 0 1 6.5 3 5.5 5.5 0 1 0 13 9.5',
  system: 'M2.5 3.5h11v7.5h-11zM6 13.5h4',
  check: 'M3 8.5l3.2 3.2L13 5',
  cross: 'M4 4l8 8M12 4l-8 8',
  warn: 'M8 2.5l6 10.5H2zM8 6.5v3M8 11.2v.3',
  block: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M4.2 4.2l7.6 7.6',
  info: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M8 7.5v3.5M8 5v.3',
  clock: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M8 5v3.2l2 1.3',
  right: 'M6 3.5L10.5 8 6 12.5',
  down: 'M3.5 6L8 10.5 12.5 6',
  left: 'M10 3.5L5.5 8 10 12.5',
  arrow: 'M2.5 8h10.5M9.5 4.5L13 8l-3.5 3.5',
  copy: 'M5.5 5.5h8v8h-8zM3 10.5h-.5v-8h8V3',
  download: 'M8 2.5v7.5M4.8 7L8 10.2 11.2 7M2.5 13.5h11',
  key: 'M5.5 7.5a3 3 0 1 0 0 3.5h4l1-1 1 1 2-2-1.5-1.5z',
  lock: 'M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5',
  plus: 'M8 3v10M3 8h10',
  undo: 'M5.5 3.5L2.5 6.5l3 3M2.5 6.5H10a3.5 3.5 0 0 1 0 7H7',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9M10.3 10.3l3.2 3.2',
  shield: 'M8 2l5 2v4c0 3-2.2 5-5 6-2.8-1-5-3-5-6V4z',
  agent: 'M3 5.5h10v7H3zM8 3v2.5M6 8.5v1M10 8.5v1',
  person: 'M8 2.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5M3 13.5c.5-3 2.5-4 5-4s4.5 1 5 4',
  keyboard: 'M1.5 4.5h13v7.5h-13zM4 7h.3M6.6 7h.3M9.2 7h.3M11.8 7h.3M4.5 9.8h7',
  table: 'M2.5 3.5h11v9.5h-11zM2.5 6.8h11M2.5 9.9h11M6.5 6.8v6.2',
  chart: 'M2.5 2.5v11h11M4.5 10.5L7.5 7l2.3 2L13 5',
  more: 'M4 8h.3M8 8h.3M12 8h.3',
} as const
export type IconName = keyof typeof PATHS

export function Icon({ name, size = 16, className }: { name: IconName; size?: number; className?: string }) {
  return (
    <svg
      aria-hidden="true"
      focusable="false"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.4}
      strokeLinecap="round"
      strokeLinejoin="round"
      className={className === undefined ? 'shrink-0' : `shrink-0 ${className}`}
    >
      <path d={PATHS[name]} />
    </svg>
  )
}
