/** The membership as bytes: UTF-8 JSON with a version, read strictly. */
import type { ClusterConfig, Member } from '../core/types.ts'
import { encodeJson, parseJson, readBoolean, readList, readObject, readString } from './json.ts'

const CONFIG_VERSION = 1

/** The same configuration always gives the same bytes: fields are written in a fixed order. */
export function encodeClusterConfig(config: ClusterConfig): Uint8Array {
  return encodeJson({
    version: CONFIG_VERSION,
    voters: config.voters,
    outgoing: config.outgoing,
    learners: config.learners,
    members: config.members.map(({ id, peerId, address, voter }) => ({ id, peerId, address, voter })),
  })
}

/** Throws an `Error` that says which field is wrong; the caller adds where the bytes came from. */
export function decodeClusterConfig(bytes: Uint8Array): ClusterConfig {
  const fields = readObject(parseJson(bytes), 'configuration', [
    'version',
    'voters',
    'outgoing',
    'learners',
    'members',
  ])
  if (fields.version !== CONFIG_VERSION) {
    throw new Error(`configuration version ${String(fields.version)} is not known to this version`)
  }
  return {
    voters: readList(fields.voters, 'voters', readString),
    outgoing: readList(fields.outgoing, 'outgoing', readString),
    learners: readList(fields.learners, 'learners', readString),
    members: readList(fields.members, 'members', readMember),
  }
}

function readMember(value: unknown, name: string): Member {
  const fields = readObject(value, name, ['id', 'peerId', 'address', 'voter'])
  return {
    id: readString(fields.id, `${name}.id`),
    peerId: readString(fields.peerId, `${name}.peerId`),
    address: readString(fields.address, `${name}.address`),
    voter: readBoolean(fields.voter, `${name}.voter`),
  }
}
