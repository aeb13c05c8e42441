/**
 * The readable report as blocks that two renderers print: HTML for people, Markdown for whoever keeps it with code. Words of the program and
 * words of others are different things here, so that no renderer can mix them up.
 */

/** A text of the program, or one that somebody else wrote: quoted, escaped and never taken for markup. */
export type Span = string | { readonly quoted: string }
export type Line = readonly Span[]

export type Block =
  | { readonly kind: 'heading'; readonly level: 1 | 2 | 3; readonly line: Line }
  | { readonly kind: 'paragraph'; readonly line: Line }
  | { readonly kind: 'list'; readonly lines: readonly Line[] }
  | { readonly kind: 'table'; readonly head: readonly string[]; readonly rows: readonly (readonly Line[])[] }

const STYLE = [
  ':root{color-scheme:light dark}',
  'body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}',
  'h2{margin-top:2.5rem}h3{margin-top:2rem}',
  'table{border-collapse:collapse;margin:.75rem 0}th,td{border:1px solid #8886;padding:.25rem .6rem;text-align:left;vertical-align:top}',
  'q{quotes:"“" "”";overflow-wrap:anywhere}td{overflow-wrap:anywhere}',
].join('')

/** One self-contained page: no script, nothing loaded from anywhere. */
export function* toHtml(title: string, blocks: Iterable<Block>): Generator<string> {
  yield `<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">\n<meta name="viewport" content="width=device-width">\n<title>${html(title)}</title>\n<style>${STYLE}</style>\n</head>\n<body>\n`
  for (const block of blocks) yield htmlBlock(block)
  yield '</body>\n</html>\n'
}

export function* toMarkdown(blocks: Iterable<Block>): Generator<string> {
  for (const block of blocks) yield markdownBlock(block)
}

function htmlBlock(block: Block): string {
  if (block.kind === 'heading') return `<h${block.level}>${htmlLine(block.line)}</h${block.level}>\n`
  if (block.kind === 'paragraph') return `<p>${htmlLine(block.line)}</p>\n`
  if (block.kind === 'list') return `<ul>\n${block.lines.map((line) => `<li>${htmlLine(line)}</li>\n`).join('')}</ul>\n`
  const head = block.head.map((name) => `<th>${html(name)}</th>`).join('')
  const rows = block.rows.map((row) => `<tr>${row.map((cell) => `<td>${htmlLine(cell)}</td>`).join('')}</tr>\n`)
  return `<table>\n<tr>${head}</tr>\n${rows.join('')}</table>\n`
}

function markdownBlock(block: Block): string {
  if (block.kind === 'heading') return `${'#'.repeat(block.level)} ${markdownLine(block.line)}\n\n`
  if (block.kind === 'paragraph') return `${markdownLine(block.line)}\n\n`
  if (block.kind === 'list') return `${block.lines.map((line) => `- ${markdownLine(line)}\n`).join('')}\n`
  const rows = block.rows.map((row) => `| ${row.map(markdownLine).join(' | ')} |\n`)
  return `| ${block.head.map(markdown).join(' | ')} |\n|${' --- |'.repeat(block.head.length)}\n${rows.join('')}\n`
}

const htmlLine = (line: Line): string =>
  // <bdi>: letters that run from right to left must not move what stands beside them.
  line
    .map((span) => (typeof span === 'string' ? html(span) : `<bdi><q>${html(visible(span.quoted))}</q></bdi>`))
    .join('')

const markdownLine = (line: Line): string =>
  line.map((span) => (typeof span === 'string' ? markdown(span) : `“${markdown(visible(span.quoted))}”`)).join('')

const HTML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const html = (text: string): string => text.replace(/[&<>"']/g, (character) => HTML[character] ?? '')

/** Every mark that Markdown or the HTML inside it could read, taken literally. */
const markdown = (text: string): string =>
  text
    .replace(/[&<>]/g, (character) => HTML[character] ?? '')
    .replace(/[\\`*_{}[\]()#+!|~$^=:@]/g, '\\$&')
    .replace(/\b(www)\./gi, '$1\\.')

/** What would be invisible, or would reorder what can be seen, is named instead; line ends too. */
function visible(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n|[\n\r\u2028\u2029]/g, ' ⏎ ')
    .replace(/[\p{Cc}\p{Default_Ignorable_Code_Point}\p{Cf}\p{Co}\p{Cn}\u2800]/gu, (character) => {
      const code = character.codePointAt(0) ?? 0
      return `[U+${code.toString(16).toUpperCase().padStart(4, '0')}]`
    })
}
