/** Moves labels apart that would lie over each other, each as little as it takes from the top down. */
export function spreadLabels(wanted: readonly number[], distance: number, bottom: number): number[] {
  const order = wanted.map((y, i) => ({ y, i })).sort((a, b) => a.y - b.y)
  const placed = new Array<number>(wanted.length)
  let last = Number.NEGATIVE_INFINITY
  for (const { y, i } of order) {
    last = Math.max(y, last + distance)
    placed[i] = last
  }
  // What was pushed out at the bottom pushes back.
  let limit = bottom
  for (const { i } of order.reverse()) {
    placed[i] = Math.min(placed[i] as number, limit)
    limit = (placed[i] as number) - distance
  }
  return placed
}
