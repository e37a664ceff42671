// What a text console shows, drawn by the browser, for the screen of the pretended guests.
import type { Browser } from 'playwright-core'
import { screenSize } from './screen.ts'

const lineHeight = 18

/** Pixels for `screen.show`: the lines in light grey on black, and a cursor after the last. */
export async function drawConsole(browser: Browser, lines: readonly string[]): Promise<Uint8Array> {
  const page = await browser.newPage()
  try {
    const encoded = await page.evaluate<string>(`(() => {
      const canvas = document.createElement('canvas')
      Object.assign(canvas, ${JSON.stringify(screenSize)})
      const drawing = canvas.getContext('2d')
      drawing.fillRect(0, 0, canvas.width, canvas.height)
      drawing.font = '15px monospace'
      drawing.fillStyle = '#c8c8c8'
      const lines = ${JSON.stringify(lines)}
      lines.forEach((line, index) => drawing.fillText(line, 6, (index + 1) * ${lineHeight}))
      const last = lines.at(-1) ?? ''
      drawing.fillRect(6 + drawing.measureText(last).width, (lines.length - 1) * ${lineHeight} + 5, 9, 15)
      const { data } = drawing.getImageData(0, 0, canvas.width, canvas.height)
      let text = ''
      for (let at = 0; at < data.length; at += 8192) text += String.fromCharCode(...data.subarray(at, at + 8192))
      return btoa(text)
    })()`)
    return Buffer.from(encoded, 'base64')
  } finally {
    await page.close()
  }
}
