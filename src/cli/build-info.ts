import { readFileSync } from 'node:fs'

export interface BuildInfo {
  readonly version: string
  readonly commit: string
  /** RFC 3339; "" when not built. */
  readonly buildTime: string
  /** Reads the licences of the program and of what it is made from. */
  readonly licenses?: () => string
}

/** Written by the build beside the compiled code; without it (run from source) only the version is known. */
export function readBuildInfo(): BuildInfo {
  const built = readJson('../build-info.json')
  const manifest = readJson('../../package.json')
  return {
    version: text(built.version) || text(manifest.version) || 'unknown',
    commit: text(built.commit) || 'unknown',
    buildTime: text(built.buildTime),
    licenses: readLicenses,
  }
}

function readJson(path: string): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as Record<string, unknown> // checked by use
  } catch {
    return {}
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function readLicenses(): string {
  for (const path of ['../licenses.txt', '../../LICENSE']) {
    try {
      return readFileSync(new URL(path, import.meta.url), 'utf8')
    } catch {
      // Not built; the program's own is there then.
    }
  }
  return 'MIT\n'
}
