/** Serves the built renderer on loopback with the content policy of the real window, and nothing else: no API, no cookies. */
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, resolve, sep } from 'node:path'
import { contentSecurityPolicy } from '../../main/browser-window/csp.ts'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

export interface StaticRenderer {
  readonly url: string
  close(): Promise<void>
}

/** The folder that `npm run build` writes, or the one in RENDERER_FOLDER. */
export function rendererFolder(): string {
  return process.env['RENDERER_FOLDER'] ?? resolve(import.meta.dirname, '../../out/renderer')
}

/** @throws Error when the renderer has not been built. */
export async function serveRenderer(folder = rendererFolder()): Promise<StaticRenderer> {
  await readFile(resolve(folder, 'index.html')).catch(() => {
    throw new Error('The renderer is not built: run `npm run build` first.')
  })
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://127.0.0.1').pathname
    const file = resolve(folder, `.${path === '/' ? '/index.html' : decodeURIComponent(path)}`)
    const isInside = file.startsWith(folder + sep)
    readFile(isInside ? file : folder)
      .then((body) => {
        response.writeHead(200, {
          'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
          'content-security-policy': contentSecurityPolicy('self'),
          'cache-control': 'no-store',
        })
        response.end(body)
      })
      .catch(() => {
        response.writeHead(404)
        response.end()
      })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections()
        server.close(() => done())
      }),
  }
}
