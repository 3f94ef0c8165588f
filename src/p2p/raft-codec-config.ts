import type { ClusterConfig, Member, SnapshotMeta } from '../raft/index.ts'
import {
  CONFIG_MEMBERS_MAX,
  checkInteger,
  checkName,
  checkPresent,
  malformed,
  type ClusterConfig as WireConfig,
  type SnapshotMeta as WireSnapshotMeta,
} from '../wire/index.ts'

/** For the decoders: how many elements the lists of a configuration may have. */
export const CONFIG_LIMITS = Object.freeze({
  voters: CONFIG_MEMBERS_MAX,
  outgoing: CONFIG_MEMBERS_MAX,
  learners: CONFIG_MEMBERS_MAX,
  members: CONFIG_MEMBERS_MAX,
})

export function snapshotMetaToWire(snapshot: SnapshotMeta): WireSnapshotMeta {
  const { config } = snapshot
  return {
    index: snapshot.index,
    term: snapshot.term,
    configIndex: snapshot.configIndex,
    config: {
      voters: [...config.voters],
      outgoing: [...config.outgoing],
      learners: [...config.learners],
      members: config.members.map((member) => ({ ...member })),
    },
  }
}

/** Throws `WIRE_MALFORMED`. A snapshot stands for at least one entry, and its configuration has voters. */
export function snapshotMetaFromWire(wire: WireSnapshotMeta | undefined): SnapshotMeta {
  const meta = checkPresent(wire, 'snapshot')
  const index = checkInteger(meta.index, 'snapshot index')
  const configIndex = checkInteger(meta.configIndex, 'snapshot config index')
  if (index === 0) throw malformed('snapshot index is 0')
  if (configIndex > index) throw malformed('snapshot config index is beyond the snapshot')
  return {
    index,
    term: checkInteger(meta.term, 'snapshot term'),
    config: configFromWire(checkPresent(meta.config, 'snapshot config')),
    configIndex,
  }
}

/** Throws `WIRE_MALFORMED`. */
export function memberFromWire(member: Member): Member {
  return {
    id: checkName(member.id, 'member id'),
    peerId: checkName(member.peerId, 'member peer id'),
    address: checkName(member.address, 'member address'),
    voter: member.voter,
  }
}

function configFromWire(wire: WireConfig): ClusterConfig {
  const members = wire.members.map(memberFromWire)
  const known = new Set(members.map((member) => member.id))
  if (known.size !== members.length) throw malformed('a member appears twice')
  const ids = (list: readonly string[], name: string): string[] =>
    list.map((id) => {
      if (!known.has(id)) throw malformed(`${name} ${JSON.stringify(id.slice(0, 64))} is not a member`)
      return id
    })
  if (wire.voters.length === 0) throw malformed('a configuration without voters')
  return {
    voters: ids(wire.voters, 'voter'),
    outgoing: ids(wire.outgoing, 'outgoing voter'),
    learners: ids(wire.learners, 'learner'),
    members,
  }
}
