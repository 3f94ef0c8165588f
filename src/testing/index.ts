export { type ClusterInit, startCluster, type TestCluster, type TestNode } from './cluster.ts'
