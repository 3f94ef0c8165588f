import Table from 'cli-table3'

const EDGES = [
  'top',
  'top-mid',
  'top-left',
  'top-right',
  'bottom',
  'bottom-mid',
  'bottom-left',
  'bottom-right',
]
const LINES = ['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid']
const NO_FRAME = Object.fromEntries([...EDGES, ...LINES].map((name) => [name, '']))

/** Columns of text without frame or colours of its own, which other tools can read too. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: [...head],
    chars: { ...NO_FRAME, middle: '  ' },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  })
  table.push(...rows.map((row) => [...row]))
  return table.toString().replace(/ +$/gm, '')
}
