import { useEffect } from 'react'

/**
 * The whole page goes to full screen, so that its dialogs are there as well; a console is laid over the rest of it. Where a
 * browser has none, as on phones, the console still fills the window.
 */
export async function enterFullScreen(): Promise<void> {
  if (!document.documentElement.requestFullscreen) return
  await document.documentElement.requestFullscreen().catch(() => undefined)
  // Keys that the reader's own system would take, as Alt+Tab, come to the guest where the browser can do that.
  await keyboardOf(navigator)
    ?.lock()
    .catch(() => undefined)
}

export async function leaveFullScreen(): Promise<void> {
  if (document.fullscreenElement) await document.exitFullscreen().catch(() => undefined)
}

const keyboardOf = (from: Navigator & { keyboard?: { lock(): Promise<void> } }) => from.keyboard

/** Hears that the reader has left full screen by the browser's own means. */
export function useFullScreenEnd(onEnd: () => void): void {
  useEffect(() => {
    const look = () => {
      if (!document.fullscreenElement) onEnd()
    }
    document.addEventListener('fullscreenchange', look)
    return () => document.removeEventListener('fullscreenchange', look)
  }, [onEnd])
}
