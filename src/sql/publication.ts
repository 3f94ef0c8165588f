/** How a version of the databases becomes known outside of the thread that writes them. */
import type { FileChange } from './block-file.ts'
import type { Sticky } from './connection.ts'
import { FileView } from './file-view.ts'

export interface PublishedDatabase {
  readonly namespace: string
  readonly sticky: Sticky
  /** Undefined if the file is as before. Whole: it is another file. */
  readonly change: FileChange | undefined
}

/** What is different from the version before. */
export interface Publication {
  readonly version: number
  /** What was there before is gone. */
  readonly isReset: boolean
  readonly databases: readonly PublishedDatabase[]
}

/** Follows the publications, so that others can begin in the middle. */
export class PublishedState {
  readonly #files = new Map<string, { view: FileView; sticky: Sticky }>()
  #version = 0

  get version(): number {
    return this.#version
  }

  apply({ version, isReset, databases }: Publication): void {
    if (isReset) this.#files.clear()
    for (const { namespace, sticky, change } of databases) {
      const known = change?.isWhole === true ? undefined : this.#files.get(namespace)
      const view = known?.view ?? new FileView()
      if (change !== undefined) view.apply(change)
      this.#files.set(namespace, { view, sticky })
    }
    this.#version = version
  }

  /** The newest version as a publication of its own. */
  whole(): Publication {
    const databases = [...this.#files].map(([namespace, { view, sticky }]) => ({
      ...{ namespace, sticky },
      change: view.whole(),
    }))
    return { version: this.#version, isReset: true, databases }
  }
}
