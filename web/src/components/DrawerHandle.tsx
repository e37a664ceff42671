import { useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { afterKey, bounded, leastPx, mostPx } from './drawer-size.ts'

/** The upper edge of the drawer: pulled with a pointer, or moved with the arrow keys. */
export function DrawerHandle({
  heightPx,
  onResize,
}: {
  heightPx: number
  onResize: (heightPx: number) => void
}) {
  const { t } = useTranslation('tasks')
  const from = useRef<{ y: number; heightPx: number } | undefined>(undefined)
  return (
    // biome-ignore lint/a11y/useSemanticElements: a rule cannot be moved; a window splitter is a separator that takes the focus
    <div
      className="task-drawer-handle"
      role="separator"
      tabIndex={0}
      aria-label={t('resize')}
      aria-orientation="horizontal"
      aria-valuemin={leastPx}
      aria-valuemax={mostPx(window.innerHeight)}
      aria-valuenow={heightPx}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        from.current = { y: event.clientY, heightPx }
      }}
      onPointerMove={({ clientY }) => {
        if (!from.current) return
        onResize(bounded(from.current.heightPx + from.current.y - clientY, window.innerHeight))
      }}
      onPointerUp={() => {
        from.current = undefined
      }}
      onPointerCancel={() => {
        from.current = undefined
      }}
      onKeyDown={(event) => {
        const height = afterKey(event.key, heightPx, window.innerHeight)
        if (height === undefined) return
        event.preventDefault()
        onResize(height)
      }}
    />
  )
}
