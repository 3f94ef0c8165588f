/**
 * Puts the programs' hundreds of modules into a few files, in place of what the compiler made of `src/cli`. Finding,
 * reading and linking them one by one was half of the main thread's work until a node is ready.
 * The library stays as it is: whoever embeds it has tools of their own.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const dist = fileURLToPath(new URL('../dist/', import.meta.url))
const bundled = `${dist}bundled`

/** They look for files of their own beside themselves: native code, and WebAssembly. */
const LEFT_ALONE = ['level', 'sql.js']

const bundle = await rolldown({
  // The threads' module has to be where it is looked for: beside the code that starts them.
  input: {
    main: `${dist}cli/main.js`,
    'shell/main': `${dist}cli/shell/main.js`,
    'rqlited/main': `${dist}cli/rqlited/main.js`,
    worker: `${dist}sql/worker.js`,
  },
  platform: 'node',
  external: LEFT_ALONE,
})
const { output } = await bundle.write({
  dir: bundled,
  format: 'esm',
  entryFileNames: '[name].js',
  // All in one folder, at the depth of the sources: paths are relative to them (src/cli/build-info.ts).
  chunkFileNames: '[name]-[hash].js',
  // White space alone: names stay, for stack traces and profiles.
  minify: { compress: false, mangle: false, codegen: true },
})
await bundle.close()
for (const { fileName } of output) {
  const file = join(bundled, fileName)
  writeFileSync(file, narrow(readFileSync(file, 'utf8')))
}
rmSync(`${dist}cli`, { recursive: true })
renameSync(bundled, `${dist}cli`)

/** V8 keeps a source of which one character is beyond Latin-1 in two bytes for each: megabytes, for a few quotes. */
function narrow(source: string): string {
  return source.replace(/[^\0-\xff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
