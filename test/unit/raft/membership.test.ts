import { describe, expect, test } from 'vitest'
import { Membership } from '../../../src/raft/membership.ts'

const membership = () => new Membership({ setMembers: () => {} }, 'a')

describe('retirement', () => {
  test('until called - not where there is a leader, and only until one turns to the node', () => {
    const node = membership()
    expect(node.retire('until-called', 'b')).toBe(false)
    expect(node.retired).toBeUndefined()
    expect(node.retire('until-called', undefined)).toBe(true)
    expect(node.retired).toBe('until-called')
    node.called()
    expect(node.retired).toBeUndefined()
  })

  test('deaf - whoever leads', () => {
    const node = membership()
    expect(node.retire('deaf', 'b')).toBe(true)
    expect(node.retired).toBe('deaf')
  })
})
