import type { Command } from 'commander'
import { loadConfig } from '../config/index.ts'
import type { BuildInfo } from './build-info.ts'
import type { Io } from './io.ts'
import { openLogging } from './logging.ts'
import { withNodeProcess } from './node-process.ts'
import { runNode } from './run-node.ts'
import { addSettingOptions, configFlags } from './setting-options.ts'

const HELP = `
Settings come from flags, the environment, the file of --config and the defaults, in this order.
debros config print shows what they come to.

Examples:
  Start a cluster on this machine:
    $ debros node --id node1 --data ./data/node1
  Add a second node to it (data/node1/cluster.secret lets it in):
    $ debros node --id node2 --data ./data/node2 --cluster-secret-file ./data/node1/cluster.secret \\
        --p2p-port 4002 --rqlite-http-port 5002 --rqlite-raft-port 7002 --rqlite-join-address 127.0.0.1:7001
  Serve other machines:
    $ debros node --data /var/lib/debros --adv-addr 10.0.0.1 --http-host 0.0.0.0
  With a file:
    $ debros node --config configs/node.yaml
`

export function addNodeCommand(
  program: Command,
  io: Io,
  build: BuildInfo,
  finish: (code: number) => void,
): void {
  const command = program
    .command('node')
    .summary('run a node')
    .description('Runs a node: it joins a cluster, or starts one if it is given no address to join.')
    .addHelpText('after', HELP)
  addSettingOptions(command).action(async () => {
    const { file, flags } = configFlags(command)
    const resolved = loadConfig({ file, flags, env: io.env })
    const logging = openLogging(resolved.config.logging, io.colors)
    const { logging: settings } = resolved.config
    finish(
      await withNodeProcess(logging, settings, (components) => runNode(resolved, { ...components, build })),
    )
  })
}
