/** What has to be done about captured changes while the statements of an entry run. */
import type { ChangeRecorder } from './change-recorder.ts'
import type { SqlSegment } from './gate.ts'
import type { Session } from './session.ts'

export class ChangeKeeping {
  readonly recorder: ChangeRecorder
  readonly #session: Session

  constructor(recorder: ChangeRecorder, session: Session) {
    this.recorder = recorder
    this.#session = session
  }

  /** Runs a statement, which may change which tables there are, and what they are. */
  around<T>({ sql, verb, explain }: SqlSegment, run: () => T): T {
    this.#session.expect(sql)
    const changesTables = !explain && (verb === 'create' || verb === 'drop' || verb === 'alter')
    if (!changesTables) return run()
    if (verb === 'alter') this.#session.unwatchTables()
    try {
      return run()
    } finally {
      this.#session.watchTables()
    }
  }
}
