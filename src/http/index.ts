export { createHttpServer } from './server.ts'
export type {
  HttpAddress,
  HttpBuildInfo,
  HttpLimits,
  HttpNode,
  HttpServer,
  HttpServerComponents,
  HttpServerInit,
  HttpTlsInit,
} from './types.ts'
