/**
 * Compiles every `proto/*.proto` to `src/wire/generated/*.ts` with protons.
 *
 *   node scripts/generate-proto.ts           writes the files, and removes those whose .proto is gone
 *   node scripts/generate-proto.ts --check   writes nothing; fails if any of them is out of date
 *
 * A .proto file stands alone: protons knows neither `package` nor `import` across files.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generate } from 'protons'

const sourceDir = fileURLToPath(new URL('../proto', import.meta.url))
const outputDir = fileURLToPath(new URL('../src/wire/generated', import.meta.url))

/**
 * protons writes unused parameters and assigns `undefined` to optional fields, which our compiler
 * settings refuse. Only the bodies go unchecked: the exported types are checked wherever they are used.
 */
const header = (source: string): string =>
  `// @ts-nocheck\n// Generated from proto/${source} by scripts/generate-proto.ts; do not edit.\n`

/** Bytes may come from anywhere, so that callers need no cast where their buffer's kind is not known. */
const anyBuffer = (code: string): string => code.replaceAll('Uint8Array<ArrayBuffer>', 'Uint8Array')

/**
 * 64-bit integers as bigints are `sint64`, which our own encoder writes (see there). The runtime has no other
 * that is right for all of them.
 */
function withSint64(code: string): string {
  const wrong = /\bw\.(u?int64|sfixed64)\(/.exec(code)
  if (wrong)
    throw new Error(`${wrong[1]} takes [jstype = JS_NUMBER]; as a bigint it is written wrongly: use sint64`)
  const replaced = code.replaceAll(/\bw\.sint64\(([^()]+)\)/g, 'writeSint64(w, $1)')
  return replaced === code ? code : `import { writeSint64 } from '../sint64.ts'\n${replaced}`
}

/** File name to content, for every .proto file. */
async function compile(): Promise<Map<string, string>> {
  const sources = (await readdir(sourceDir)).filter((name) => name.endsWith('.proto')).sort()
  const scratch = await mkdtemp(join(tmpdir(), 'debros-proto-'))
  try {
    const files = new Map<string, string>()
    for (const source of sources) {
      await generate(join(sourceDir, source), { output: scratch, strict: true, path: [sourceDir] })
      const name = `${basename(source, '.proto')}.ts`
      files.set(name, header(source) + withSint64(anyBuffer(await readFile(join(scratch, name), 'utf8'))))
    }
    return files
  } finally {
    await rm(scratch, { recursive: true })
  }
}

async function existing(): Promise<Map<string, string>> {
  await mkdir(outputDir, { recursive: true })
  const names = await readdir(outputDir)
  return new Map(
    await Promise.all(
      names.map(async (name) => [name, await readFile(join(outputDir, name), 'utf8')] as const),
    ),
  )
}

const [wanted, found] = await Promise.all([compile(), existing()])
const stale = [...wanted.keys()].filter((name) => found.get(name) !== wanted.get(name))
const orphaned = [...found.keys()].filter((name) => !wanted.has(name))

if (process.argv.includes('--check')) {
  for (const name of stale) console.error(`out of date: src/wire/generated/${name}`)
  for (const name of orphaned) console.error(`no such .proto: src/wire/generated/${name}`)
  if (stale.length + orphaned.length > 0) {
    console.error('run: npm run proto')
    process.exitCode = 1
  }
} else {
  for (const name of stale) await writeFile(join(outputDir, name), wanted.get(name) ?? '')
  for (const name of orphaned) await rm(join(outputDir, name))
  console.log(`${wanted.size} .proto files: ${stale.length} written, ${orphaned.length} removed`)
}
