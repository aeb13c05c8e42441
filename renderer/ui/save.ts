/** Hands a file to the person through the browser's own download. */
export function saveFile(name: string, type: string, content: BlobPart): void {
  const url = URL.createObjectURL(new Blob([content], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

const STYLES = [
  'fill',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'opacity',
  'font-family',
  'font-size',
  'font-weight',
] as const

const CAPTION_ROOM = 26

/**
 * A PNG of an SVG as it looks now, on the page's background, with a line of text above it where one is given: a picture goes out without the
 * page around it. A data: address, because the page's policy allows no other image.
 */
export async function svgToPng(svg: SVGSVGElement, scale = 2, caption?: string): Promise<Blob> {
  const { width, height } = svg.getBoundingClientRect()
  const copy = svg.cloneNode(true) as SVGSVGElement
  const from = svg.querySelectorAll('*')
  copy.querySelectorAll<SVGElement>('*').forEach((element, index) => {
    const source = from[index]
    if (source === undefined) return
    const computed = getComputedStyle(source)
    for (const style of STYLES) element.style.setProperty(style, computed.getPropertyValue(style))
  })
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  copy.setAttribute('width', String(width))
  copy.setAttribute('height', String(height))
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`
  await image.decode()
  const top = caption === undefined ? 0 : CAPTION_ROOM
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(width * scale)
  canvas.height = Math.round((height + top) * scale)
  const context = canvas.getContext('2d')
  if (context === null) throw new Error('no canvas')
  context.fillStyle = getComputedStyle(document.body).backgroundColor
  context.fillRect(0, 0, canvas.width, canvas.height)
  context.scale(scale, scale)
  if (caption !== undefined) {
    const body = getComputedStyle(document.body)
    context.fillStyle = body.color
    context.font = `600 12px ${body.fontFamily}`
    context.fillText(caption, 8, 18, width - 16)
  }
  context.drawImage(image, 0, top, width, height)
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob === null ? reject(new Error('no picture')) : resolve(blob)), 'image/png'),
  )
}

/**
 * Puts the picture on the clipboard; where that is not allowed, hands it over as a file.
 *
 * @throws Error when the picture cannot be drawn.
 */
export async function copyOrSavePng(svg: SVGSVGElement, name: string, caption: string): Promise<'copied' | 'saved'> {
  const png = svgToPng(svg, 2, caption)
  try {
    // The promise goes in as it is: waiting for the picture first would spend the person's click, which the clipboard asks for.
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })])
    return 'copied'
  } catch {
    saveFile(name, 'image/png', await png)
    return 'saved'
  }
}
