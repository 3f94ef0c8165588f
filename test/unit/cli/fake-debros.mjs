// Stands in for the program in tests of the development cluster: answers /readyz on its HTTP port,
// and stops when it is told to. FAKE_FAILS names a node that ends at once, FAKE_STUBBORN one that
// does not stop when told.
import http from 'node:http'

const flag = (name) => process.argv[process.argv.indexOf(`--${name}`) + 1]
const id = flag('id')
console.log(
  `hello from ${id} join=${process.env.RQLITE_JOIN_ADDRESS ?? ''} level=${process.env.LOG_LEVEL ?? ''}`,
)
if (process.env.FAKE_FAILS === id) {
  console.error('cannot go on')
  process.exit(3)
}
const server = http.createServer((_, response) => response.end('[+]node ok'))
server.listen(Number(flag('rqlite-http-port')), '127.0.0.1')
const stop = () => {
  if (process.env.FAKE_STUBBORN === id) return
  process.stdout.write(`bye from ${id}`)
  process.exit(0)
}
process.on('SIGTERM', stop)
process.on('disconnect', stop)
