/** Serves the built renderer on loopback with the content policy of the real window, and nothing else: no API, no cookies. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import { contentSecurityPolicy } from '../../main/browser-window/csp.ts'
import { readStatic } from '../../main/browser-window/static.ts'

export interface StaticRenderer {
  readonly url: string
  close(): Promise<void>
}

/** The folder that `npm run build` writes, or the one in RENDERER_FOLDER. */
function rendererFolder(): string {
  return process.env['RENDERER_FOLDER'] ?? resolve(import.meta.dirname, '../../out/renderer')
}

/** @throws Error when the renderer has not been built. */
export async function serveRenderer(folder = rendererFolder()): Promise<StaticRenderer> {
  if ((await readStatic(folder, '/')).status !== 200)
    throw new Error('The renderer is not built: run `npm run build` first.')
  const server = createServer((request, response) => {
    void readStatic(folder, (request.url ?? '/').split('?')[0] ?? '/').then((file) => {
      response.writeHead(file.status, {
        'content-type': file.status === 200 ? file.type : 'text/plain',
        'content-security-policy': contentSecurityPolicy('self'),
        'cache-control': 'no-store',
      })
      response.end(file.status === 200 ? file.body : '')
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
