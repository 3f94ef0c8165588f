/** Steps of a load to and from their wire form. */
import { assert } from '../../base/index.ts'
import type { SqlLoad } from '../../sql/index.ts'
import { LoadAction, type LoadStep } from '../../wire/index.ts'
import { requestIdFromWire, requestIdToWire } from './request-codec.ts'

export function loadToWire(load: SqlLoad): LoadStep {
  const { namespace, loadId } = load
  const offset = load.step === 'abort' ? 0 : load.offset
  const data = load.step === 'abort' ? new Uint8Array(0) : load.data
  return { namespace, loadId: requestIdToWire(loadId), action: actionOf(load), offset, data }
}

function actionOf(load: SqlLoad): LoadAction {
  if (load.step === 'stage') return LoadAction.STAGE
  if (load.step === 'abort') return LoadAction.ABORT
  return load.content === 'file' ? LoadAction.COMMIT_FILE : LoadAction.COMMIT_TEXT
}

/** `drawn`: what the leader decided on. A load's id is made like a request's. */
export function loadFromWire(
  { namespace, loadId: id, action, offset, data }: LoadStep,
  { timeMs, seed }: { readonly timeMs: number; readonly seed: number },
): SqlLoad {
  const common = { mode: 'load', namespace, loadId: requestIdFromWire(id), timeMs } as const
  switch (action) {
    case LoadAction.STAGE:
      return { ...common, step: 'stage', offset, data }
    case LoadAction.ABORT:
      return { ...common, step: 'abort' }
    default: {
      const isFile = action === LoadAction.COMMIT_FILE
      assert(isFile || action === LoadAction.COMMIT_TEXT, 'a load is committed as a file or as text')
      return { ...common, step: 'commit', offset, data, content: isFile ? 'file' : 'text', seed }
    }
  }
}
