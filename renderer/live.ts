/** Keeps the window current: waits for the core to say that something changed, then reads again what is shown. */
import { useEffect } from 'react'
import { create } from 'zustand'
import { ApiError, api } from './api.ts'
import { queryClient } from './queries.ts'

const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 8_000
/** A sync commits many times a second; reading more often than this shows nothing more. */
const SHORTEST_ROUND_MS = 700
const FAILURES_BEFORE_OFFLINE = 2

export type Link = 'live' | 'offline' | 'expired'
export const useLink = create<{ readonly link: Link }>()(() => ({ link: 'live' }))

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

async function loop(signal: AbortSignal): Promise<void> {
  let since = 0
  let failures = 0
  while (!signal.aborted) {
    try {
      const { revision } = await api.wait_for_change({ since }, signal)
      if (signal.aborted) return
      const wasOffline = useLink.getState().link !== 'live'
      if (revision !== since || wasOffline) await queryClient.invalidateQueries()
      since = revision
      failures = 0
      useLink.setState({ link: 'live' })
      await pause(SHORTEST_ROUND_MS, signal)
    } catch (error) {
      if (signal.aborted) return
      const code = error instanceof ApiError ? error.reply.code : 'internal'
      if (code === 'timeout') {
        await pause(SHORTEST_ROUND_MS, signal)
        continue
      }
      failures += 1
      if (code === 'not_authorized') useLink.setState({ link: 'expired' })
      else if (failures >= FAILURES_BEFORE_OFFLINE && code === 'app_not_running') {
        useLink.setState({ link: 'offline' })
        since = 0 // a restarted core counts from the beginning
      }
      await pause(Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS), signal)
    }
  }
}

/** Mounted once, by the app. */
export function useLiveUpdates(): void {
  useEffect(() => {
    const controller = new AbortController()
    void loop(controller.signal)
    return () => controller.abort()
  }, [])
}
