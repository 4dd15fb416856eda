import { useEffect, useRef } from 'react'
import type { Picture } from './content.ts'
import type { MosaicPlan } from './mosaicPlan.ts'
import type { Place } from './useOutput.ts'

export type MosaicProps = {
  plan: MosaicPlan
  places: readonly Place[]
  /** What it shows, for who cannot see it. */
  label: string
  canvasRef: React.RefObject<HTMLCanvasElement | null>
}

/** Pictures put together to one, pixel by pixel; what is to come stays open. */
export function Mosaic({ plan, places, label, canvasRef }: MosaicProps) {
  const drawn = useRef(new Map<Picture, ImageBitmap>())
  useEffect(() => {
    const context = canvasRef.current?.getContext('2d')
    if (!context) return
    const stop = new AbortController()
    void draw(context, { plan, places, drawn: drawn.current, signal: stop.signal })
    return () => stop.abort()
  }, [plan, places, canvasRef])
  useEffect(() => {
    const kept = drawn.current
    return () => {
      for (const bitmap of kept.values()) bitmap.close()
      kept.clear()
    }
  }, [])
  return (
    <canvas
      ref={canvasRef}
      role="img"
      aria-label={label}
      width={plan.width}
      height={plan.height}
      className="mx-auto block h-auto max-h-[75vh] max-w-full rounded-lg bg-inset object-contain"
      style={{ aspectRatio: `${plan.width} / ${plan.height}`, width: `${plan.width * 2}px` }}
    />
  )
}

type Drawing = {
  plan: MosaicPlan
  places: readonly Place[]
  drawn: Map<Picture, ImageBitmap>
  signal: AbortSignal
}

async function draw(context: CanvasRenderingContext2D, { plan, places, drawn, signal }: Drawing): Promise<void> {
  for (const { picture } of places) {
    if (!picture || drawn.has(picture)) continue
    // One that is broken behind its beginning stays open; its task shows it as a file.
    const bitmap = await createImageBitmap(picture.blob).catch(() => undefined)
    if (bitmap) drawn.set(picture, bitmap)
    if (signal.aborted) return
  }
  context.clearRect(0, 0, plan.width, plan.height)
  for (const [at, { picture }] of places.entries()) {
    const [bitmap, place] = [picture && drawn.get(picture), plan.places[at]]
    if (bitmap && place) context.drawImage(bitmap, place.x, place.y)
  }
}
