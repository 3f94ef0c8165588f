/** A cluster of several node processes on this machine, in one terminal. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { type Environment, ensureClusterSecret, SETTING_PATHS, settingAt } from '../config/index.ts'
import { type DevClusterInit, type DevNode, httpUrl, planDevCluster } from './dev-plan.ts'
import { checkPorts } from './dev-ports.ts'
import { endedText, framed, LineSplitter, linePrefix, readyText } from './dev-text.ts'
import { EXIT_FAILURE, EXIT_OK } from './exit-codes.ts'
import type { Io } from './io.ts'
import { untilAborted } from './until-aborted.ts'

const POLL_INTERVAL_MS = 200
const POLL_TIMEOUT_MS = 1_000
/** After this long without success a line says that it takes its time. */
const PATIENCE_MS = 30_000
/** How long nodes may take to stop before they are killed. */
const STOP_TIMEOUT_MS = 20_000

export interface DevClusterComponents {
  readonly io: Io
  /** The words that run this program: interpreter and script. */
  readonly program: readonly [string, ...string[]]
  /** The same as people type it. */
  readonly shownProgram: readonly string[]
  /** Aborted when the cluster is to stop. */
  readonly signal: AbortSignal
}

interface Member {
  readonly node: DevNode
  readonly child: ChildProcess
  readonly ended: Promise<void>
  isRunning: boolean
}

/**
 * Starts the nodes, waits until they are ready, says what to try, and stops them in the end. Returns
 * the exit code: a failure if every node has ended by itself. Error `PORT_IN_USE`.
 */
export class DevCluster {
  readonly #io: Io
  readonly #components: DevClusterComponents
  readonly #init: DevClusterInit
  #members: Member[] = []

  constructor(components: DevClusterComponents, init: DevClusterInit) {
    this.#components = components
    this.#io = components.io
    this.#init = init
  }

  async run(): Promise<number> {
    const { signal } = this.#components
    const { dataDir } = this.#init
    const secretFile = join(dataDir, 'cluster.secret')
    const nodes = planDevCluster(this.#init, secretFile, existsSync)
    await checkPorts(nodes)
    await ensureClusterSecret({
      role: 'bootstrap',
      dataDir,
      clusterSecret: { value: undefined, file: undefined },
    })

    const width = Math.max(...nodes.map(({ name }) => name.length))
    this.#members = nodes.map((node, i) => this.#start(node, linePrefix(this.#io, node.name, i, width)))
    const allEnded = Promise.all(this.#members.map(({ ended }) => ended))
    const stopped = untilAborted(signal)
    void this.#announce(AbortSignal.any([signal, whenSettled(allEnded)]))
    await Promise.race([stopped, allEnded])
    if (!signal.aborted) {
      this.#io.error('every node has ended')
      return EXIT_FAILURE
    }
    this.#io.out('stopping the cluster')
    await this.#stop()
    return EXIT_OK
  }

  /** Ends all nodes without waiting for them. */
  kill(): void {
    for (const { child, isRunning } of this.#members) if (isRunning) child.kill('SIGKILL')
  }

  #start(node: DevNode, prefix: string): Member {
    const [command, ...scriptArgs] = this.#components.program
    const child = spawn(command, [...scriptArgs, ...node.args], {
      // A group of its own, so that Ctrl-C reaches this process alone, which then stops the nodes in
      // order; the channel tells a node that this process is gone, should it be killed.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: childEnvironment(this.#io),
    })
    const ended = Promise.withResolvers<void>()
    const member: Member = { node, child, ended: ended.promise, isRunning: true }
    for (const stream of [child.stdout, child.stderr]) {
      const lines = new LineSplitter((line) => this.#io.out(prefix + line))
      stream
        ?.setEncoding('utf8')
        .on('data', (chunk: string) => lines.push(chunk))
        .on('end', () => lines.end())
    }
    const end = (how: string) => {
      if (!member.isRunning) return
      member.isRunning = false
      if (!this.#components.signal.aborted) {
        for (const line of endedText(node, how, this.#components.shownProgram)) this.#io.out(prefix + line)
      }
      ended.resolve()
    }
    child.once('error', (error) => end(error.message))
    // `close` comes after the last line of output.
    child.once('close', (code, signal) => end(signal ? `killed by ${signal}` : `exit code ${code}`))
    return member
  }

  /** Waits until every node that runs is ready, then says so, once. */
  async #announce(signal: AbortSignal): Promise<void> {
    const patient = AbortSignal.timeout(PATIENCE_MS)
    let toldToWait = false
    while (!signal.aborted) {
      const running = this.#members.filter(({ isRunning }) => isRunning)
      const ready = await Promise.all(running.map(({ node }) => isReady(node)))
      if (signal.aborted) return
      if (running.length > 0 && ready.every(Boolean)) {
        const shown = running.map(({ node, child }) => ({ node, pid: child.pid }))
        this.#io.out(framed(readyText(shown, this.#init.dataDir, this.#components.shownProgram)))
        return
      }
      if (patient.aborted && !toldToWait) {
        toldToWait = true
        const waiting = running.filter((_, i) => !ready[i]).map(({ node }) => node.name)
        this.#io.out(`still waiting for ${waiting.join(', ')}; the lines above may say why`)
      }
      await setTimeout(POLL_INTERVAL_MS)
    }
  }

  async #stop(): Promise<void> {
    for (const { child, isRunning } of this.#members) if (isRunning) child.kill('SIGTERM')
    const ended = Promise.all(this.#members.map((member) => member.ended))
    const timeout = new AbortController()
    const late = setTimeout(STOP_TIMEOUT_MS, undefined, { signal: timeout.signal }).then(
      () => this.kill(),
      () => {},
    )
    await Promise.race([ended, late])
    await ended
    timeout.abort()
  }
}

async function isReady(node: DevNode): Promise<boolean> {
  try {
    const response = await fetch(`${httpUrl(node)}/readyz`, { signal: AbortSignal.timeout(POLL_TIMEOUT_MS) })
    return response.ok
  } catch {
    return false
  }
}

/** Without the settings of this process's environment, which would be meant for one node, not for each. */
function childEnvironment({ env, colors }: Io): Environment {
  const kept = new Set(['LOG_LEVEL', 'LOG_FORMAT'])
  const dropped = new Set(
    SETTING_PATHS.flatMap((path) => settingAt(path).env ?? []).filter((name) => !kept.has(name)),
  )
  const rest = Object.entries(env).filter(([name]) => !dropped.has(name))
  return { ...Object.fromEntries(rest), ...(colors && { FORCE_COLOR: '1' }) }
}

function whenSettled(promise: Promise<unknown>): AbortSignal {
  const controller = new AbortController()
  void promise.finally(() => controller.abort())
  return controller.signal
}
