import { homedir } from 'node:os'

export type PathExpansion = { readonly path: string } | { readonly unsetVariable: string }

/** Replaces a leading `~` by the home directory and `$NAME` or `${NAME}` by the environment's value. */
export function expandPath(path: string, env: Readonly<Record<string, string | undefined>>): PathExpansion {
  let unset: string | undefined
  const expanded = path.replace(/\$(?:\{(\w+)\}|([A-Za-z_]\w*))/g, (_, braced?: string, bare?: string) => {
    const name = braced ?? bare ?? ''
    const value = env[name]
    if (!value) unset ??= name
    return value ?? ''
  })
  if (unset !== undefined) return { unsetVariable: unset }
  return { path: expanded.replace(/^~(?=\/|$)/, env.HOME || homedir()) }
}
