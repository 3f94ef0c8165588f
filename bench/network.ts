/**
 * A network in which a node can be cut off as a broken switch would do it: its packets are lost, and nobody
 * is told. Each node gets a network namespace of its own, joined to the others and to this process by a
 * bridge; that takes Linux, root and `ip`. It is gone when the run ends, however it does.
 */
import { spawnSync } from 'node:child_process'
import type { Place } from './systems/types.ts'

/** Set aside for measurements by RFC 2544. */
const SUBNET = '198.18.77'

export class Network {
  readonly places: readonly Place[]
  readonly #names: readonly string[]
  readonly #bridge: string
  readonly #remove = (): void => this.remove()

  /** Throws an error that says why if there cannot be one here. */
  constructor(nodes: number) {
    if (process.getuid?.() !== 0) throw new Error('only root may drop packets')
    this.#bridge = `dbb${process.pid}`
    this.#names = Array.from({ length: nodes }, (_, i) => `${this.#bridge}n${i + 1}`)
    this.places = this.#names.map((name, i) => ({
      host: addressOf(i),
      enter: ['ip', 'netns', 'exec', name],
    }))
    process.on('exit', this.#remove)
    try {
      this.#make()
    } catch (error) {
      this.remove()
      throw error
    }
  }

  #make(): void {
    ip('link', 'add', this.#bridge, 'type', 'bridge')
    ip('addr', 'add', `${SUBNET}.1/24`, 'dev', this.#bridge)
    ip('link', 'set', this.#bridge, 'up')
    for (const [i, name] of this.#names.entries()) {
      ip('netns', 'add', name)
      ip('link', 'add', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name)
      ip('link', 'set', name, 'master', this.#bridge, 'up')
      ip('-n', name, 'addr', 'add', `${addressOf(i)}/24`, 'dev', 'eth0')
      ip('-n', name, 'link', 'set', 'eth0', 'up')
      ip('-n', name, 'link', 'set', 'lo', 'up')
    }
  }

  /** From now on what goes to and from this node is lost. */
  isolate(node: number): void {
    ip('link', 'set', this.#names[node] as string, 'nomaster')
  }

  heal(node: number): void {
    ip('link', 'set', this.#names[node] as string, 'master', this.#bridge)
  }

  /** Repeatable; what is not there any more is passed over. */
  remove(): void {
    process.off('exit', this.#remove)
    for (const name of this.#names) {
      spawnSync('ip', ['link', 'del', name])
      spawnSync('ip', ['netns', 'del', name])
    }
    spawnSync('ip', ['link', 'del', this.#bridge])
  }
}

function addressOf(node: number): string {
  return `${SUBNET}.${node + 2}`
}

function ip(...args: readonly string[]): void {
  const { status, stderr, error } = spawnSync('ip', args, { encoding: 'utf8' })
  if (error !== undefined) throw new Error(`there is no "ip" here (${error.message})`)
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr.trim()}`)
}
