/** How far a transfer is, for whoever looks. */

const REDRAW_MS = 100
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

export class Progress implements Disposable {
  readonly #show: ((text: string) => void) | undefined
  readonly #totalBytes: number | undefined
  readonly #startedMs = performance.now()
  #drawnMs = this.#startedMs
  #bytes = 0

  /** Without `show`, and for what is over in a moment, nothing is drawn. */
  constructor(show: ((text: string) => void) | undefined, totalBytes?: number) {
    this.#show = show
    this.#totalBytes = totalBytes
  }

  /** Passes chunks on, and counts them. */
  async *count(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
    for await (const chunk of chunks) {
      yield chunk
      this.#add(chunk.length)
    }
  }

  /** Takes away what was drawn. */
  [Symbol.dispose](): void {
    if (this.#drawnMs !== this.#startedMs) this.#show?.('')
  }

  #add(bytes: number): void {
    this.#bytes += bytes
    const now = performance.now()
    if (now - this.#drawnMs < REDRAW_MS) return
    this.#drawnMs = now
    this.#show?.(describeProgress(this.#bytes, this.#totalBytes, now - this.#startedMs))
  }
}

export function describeProgress(bytes: number, totalBytes: number | undefined, elapsedMs: number): string {
  const rate = `${formatBytes(bytes / (elapsedMs / 1_000))}/s`
  if (!totalBytes) return `${formatBytes(bytes)}  ${rate}`
  const part = Math.min(1, bytes / totalBytes)
  const bar = '#'.repeat(Math.floor(part * 20)).padEnd(20, '.')
  return `[${bar}] ${Math.floor(part * 100)}%  ${formatBytes(bytes)} of ${formatBytes(totalBytes)}  ${rate}`
}

export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  for (; value >= 1_024 && unit < UNITS.length - 1; unit++) value /= 1_024
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`
}
