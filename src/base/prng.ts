/**
 * A small seeded generator (splitmix32 seeding, xoshiro128** stream; Blackman & Vigna 2018). Used
 * wherever randomness must be repeatable: election timeouts, simulation, tests. Not for secrets.
 */
export interface Prng {
  /** An integer in `[0, 2^32)`. */
  nextUint32(): number
  /** An integer in `[from, to)`; `to` must exceed `from`. */
  between(from: number, to: number): number
  /** True with probability `p`. */
  chance(p: number): boolean
  /** One element of a non-empty list. */
  pick<T>(items: readonly T[]): T
  /** A generator of its own, whose stream does not depend on how this one is used later. */
  fork(): Prng
}

export function createPrng(seed: number): Prng {
  let state = seed >>> 0
  const splitmix = (): number => {
    state = (state + 0x9e3779b9) >>> 0
    let z = state
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b)
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35)
    return (z ^ (z >>> 16)) >>> 0
  }
  let a = splitmix()
  let b = splitmix()
  let c = splitmix()
  let d = splitmix()

  const rotl = (x: number, k: number): number => ((x << k) | (x >>> (32 - k))) >>> 0

  const nextUint32 = (): number => {
    const result = Math.imul(rotl(Math.imul(b, 5) >>> 0, 7), 9) >>> 0
    const t = (b << 9) >>> 0
    c = (c ^ a) >>> 0
    d = (d ^ b) >>> 0
    b = (b ^ c) >>> 0
    a = (a ^ d) >>> 0
    c = (c ^ t) >>> 0
    d = rotl(d, 11)
    return result
  }
  const unit = (): number => nextUint32() / 0x1_0000_0000
  const between = (from: number, to: number): number => from + Math.floor(unit() * (to - from))

  return {
    nextUint32,
    between,
    chance: (p) => unit() < p,
    pick: (items) => {
      const item = items[between(0, items.length)]
      if (item === undefined && items.length === 0) throw new RangeError('pick from an empty list')
      return item as (typeof items)[number]
    },
    fork: () => createPrng(nextUint32()),
  }
}
