// How high the task drawer is, remembered by the browser.
export interface DrawerSize {
  isOpen: boolean
  heightPx: number
}

const key = 'nacelle.taskDrawer'
export const leastPx = 120
export const stepPx = 24

/** The page keeps two fifths of the window at least. */
export const mostPx = (windowPx: number): number => Math.max(leastPx, Math.floor(windowPx * 0.6))

export const bounded = (heightPx: number, windowPx: number): number =>
  Math.min(mostPx(windowPx), Math.max(leastPx, Math.round(heightPx)))

/** The height after a key on the handle; undefined for keys that are none of its business. */
export function afterKey(pressed: string, heightPx: number, windowPx: number): number | undefined {
  const wanted: Record<string, number> = {
    ArrowUp: heightPx + stepPx,
    ArrowDown: heightPx - stepPx,
    PageUp: heightPx + 5 * stepPx,
    PageDown: heightPx - 5 * stepPx,
    Home: mostPx(windowPx),
    End: leastPx,
  }
  const height = wanted[pressed]
  return height === undefined ? undefined : bounded(height, windowPx)
}

export function rememberedSize(): DrawerSize {
  const [isOpen, height] = localStorage.getItem(key)?.split(' ') ?? []
  const heightPx = Number(height)
  return { isOpen: isOpen === 'open', heightPx: heightPx >= leastPx ? heightPx : 240 }
}

export const rememberSize = ({ isOpen, heightPx }: DrawerSize): void =>
  localStorage.setItem(key, `${isOpen ? 'open' : 'closed'} ${heightPx}`)
