/**
 * Whether `target` is the sum of some of the vectors, each used at most once. All sums of one half are
 * met with all sums of the other, equal ones taken together; undefined if there are more than `sumsMax`.
 */
export function isSumOfSome(
  target: readonly number[],
  vectors: readonly (readonly number[])[],
  sumsMax: number,
): boolean | undefined {
  const middle = vectors.length >> 1
  const first = sumsOf(vectors.slice(0, middle), target.length, sumsMax)
  const second = sumsOf(vectors.slice(middle), target.length, sumsMax)
  if (first === undefined || second === undefined) return undefined
  for (const sum of first.values()) {
    if (second.has(keyOf(target.map((goal, i) => goal - (sum[i] ?? 0))))) return true
  }
  return false
}

function sumsOf(
  vectors: readonly (readonly number[])[],
  length: number,
  sumsMax: number,
): Map<string, readonly number[]> | undefined {
  const zero = new Array<number>(length).fill(0)
  const sums = new Map<string, readonly number[]>([[keyOf(zero), zero]])
  for (const vector of vectors) {
    for (const sum of [...sums.values()]) {
      const next = sum.map((value, i) => value + (vector[i] ?? 0))
      sums.set(keyOf(next), next)
      if (sums.size > sumsMax) return undefined
    }
  }
  return sums
}

/** `-0` and `0` give the same text. */
function keyOf(vector: readonly number[]): string {
  return vector.join()
}
