import type { Command } from 'commander'
import type { BuildInfo } from './build-info.ts'
import type { Io } from './io.ts'

export function addVersionCommand(program: Command, io: Io, build: BuildInfo): void {
  program
    .command('version')
    .summary('show the version and where it comes from')
    .description('Shows the version, the commit it was built from, and the runtime.')
    .option('--json', 'as JSON')
    .action((options: { json?: boolean }) => {
      const { version, commit, buildTime } = build
      if (options.json) {
        io.out(
          JSON.stringify({ version, commit, build_time: buildTime, node: process.version }, undefined, 2),
        )
      } else {
        const built = buildTime === '' ? 'not built, run from source' : `built ${buildTime}`
        io.out(`debros ${version} (commit ${commit}) ${built}, Node ${process.version}`)
      }
    })
}
