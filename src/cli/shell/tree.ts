/** JSON documents for people: `key: value`, two blanks deeper for what is inside, keys in order. */
import { NumberText } from '../../base/index.ts'
import { visible } from './display.ts'

const INDENT = '  '

/** Members that are null are left out. */
export function renderTree(document: Readonly<Record<string, unknown>>, indent = ''): string {
  let text = ''
  for (const key of Object.keys(document).sort()) {
    const value = document[key]
    if (value === null || value === undefined) continue
    text += `${indent}${visible(key)}:${renderValue(value, indent)}`
  }
  return text
}

/** What follows a key: on its line, or on lines of its own. */
function renderValue(value: unknown, indent: string): string {
  if (Array.isArray(value)) {
    if (!value.some(isContainer)) return ` [${value.map(scalarText).join(' ')}]\n`
    const items = value.map((item) =>
      isContainer(item)
        ? `${indent}${INDENT}-\n${renderTree(item, indent + INDENT + INDENT)}`
        : `${indent}${INDENT}- ${scalarText(item)}\n`,
    )
    return `\n${items.join('')}`
  }
  if (isContainer(value)) return `\n${renderTree(value, indent + INDENT)}`
  return ` ${scalarText(value)}\n`
}

function isContainer(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !(value instanceof NumberText)
}

function scalarText(value: unknown): string {
  if (value instanceof NumberText) return value.text
  return typeof value === 'string' ? visible(value) : String(value)
}
