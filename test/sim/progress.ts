/** How far a long run is, as a line on the terminal, where there is one. */
export class Progress {
  readonly #total: number
  readonly #started = performance.now()

  constructor(total: number) {
    this.#total = total
  }

  show(done: number, simulatedHours: number): void {
    if (!process.stderr.isTTY) return
    const width = 30
    const filled = Math.round((width * done) / this.#total)
    const minutes = (performance.now() - this.#started) / 60_000
    const left = done === 0 ? '' : `, ${Math.ceil(((this.#total - done) / done) * minutes * 60)} s left`
    process.stderr.write(
      `\r[${'#'.repeat(filled)}${'.'.repeat(width - filled)}] ${done}/${this.#total} seeds, ` +
        `${simulatedHours.toFixed(1)} h simulated${left}  `,
    )
  }

  clear(): void {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  }
}
