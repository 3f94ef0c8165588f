/** How plots look: readable on light and on dark pages, and by those who see red and green alike. */
import type { SystemName } from '../../types.ts'

export const WIDTH = 760
export const HEIGHT = 400
/** What is drawn on; around it stand labels and names. */
export const AREA = { left: 70, right: WIDTH - 160, top: 72, bottom: HEIGHT - 56 }

export const STYLE = `
svg { --ink: #1f2328; --quiet: #59636e; --grid: #d1d9e0; --paper: #ffffff;
  --debros: #0969da; --against: #8250df; --etcd: #bc4c00; --rqlite: #1a7f37; }
@media (prefers-color-scheme: dark) {
  svg { --ink: #f0f6fc; --quiet: #9198a1; --grid: #30363d; --paper: #0d1117;
    --debros: #58a6ff; --against: #bc8cff; --etcd: #f0883e; --rqlite: #3fb950; } }
text { font: 13px system-ui, -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; fill: var(--quiet); }
.title { font-size: 17px; font-weight: 600; fill: var(--ink); }
.paper { fill: var(--paper); }
.grid { stroke: var(--grid); }
.axis { stroke: var(--quiet); }
.mark { stroke: var(--ink); stroke-dasharray: 2 4; }
.line { fill: none; stroke-width: 2.5; stroke-linejoin: round; stroke-linecap: round; }
.dashed { stroke-dasharray: 7 6; }
.spread { opacity: 0.15; stroke: none; }
.whisker { stroke: var(--ink); stroke-width: 1.5; opacity: 0.7; }
.name { font-weight: 600; }
`

/** A rule would not reach into both fill and stroke, so colours are given where they are used. */
export function colourOf(system: SystemName | undefined): string {
  return `var(--${system ?? 'debros'})`
}
