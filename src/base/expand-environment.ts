/**
 * Puts variables in for `$NAME` and `${NAME}`, as Go's `os.ExpandEnv` does: nothing for those that are not
 * set, and a dollar sign that names none stays.
 */
export function expandEnvironment(text: string, env: Readonly<Record<string, string | undefined>>): string {
  return text.replace(
    /\$(?:\{(\w+)\}|(\w+))/g,
    (_, braced: string | undefined, bare: string | undefined) => env[braced ?? bare ?? ''] ?? '',
  )
}
