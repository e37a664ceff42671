import { type DragEvent, type ReactNode, useRef, useState } from 'react'

export interface DropZoneProps {
  isOn: boolean
  hint: string
  children: ReactNode
  onDrop: (files: File[]) => void
}

const hasFiles = ({ dataTransfer }: DragEvent) => dataTransfer.types.includes('Files')

/** Takes files that are dropped anywhere on what it holds. */
export function DropZone({ isOn, hint, children, onDrop }: DropZoneProps) {
  const [isOver, setOver] = useState(false)
  // Each part of the page that is entered and left tells of it.
  const depth = useRef(0)
  const move = (by: number) => (event: DragEvent) => {
    if (!isOn || !hasFiles(event)) return
    depth.current += by
    setOver(depth.current > 0)
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the button beside it does the same without a mouse
    <div
      className="drop-zone"
      onDragEnter={move(1)}
      onDragLeave={move(-1)}
      onDragOver={(event) => {
        if (isOn && hasFiles(event)) event.preventDefault()
      }}
      onDrop={(event) => {
        if (!isOn || !hasFiles(event)) return
        event.preventDefault()
        depth.current = 0
        setOver(false)
        onDrop([...event.dataTransfer.files])
      }}
    >
      {children}
      {isOver && <div className="drop-zone-hint">{hint}</div>}
    </div>
  )
}
