/** Cycles in a graph whose edges are of several kinds: which nodes lie on one, and the shortest there. */

export interface Edge<Kind extends string> {
  readonly from: number
  readonly to: number
  readonly kind: Kind
}

/** The edges that leave each node. */
export type Graph<E extends Edge<string>> = readonly (readonly E[])[]

/**
 * The strongly connected components of more than one node, using only edges of these kinds: exactly
 * the nodes on cycles (Tarjan 1972, without recursion). No node may have an edge to itself.
 */
export function cyclicComponents<E extends Edge<string>>(
  graph: Graph<E>,
  kinds: ReadonlySet<E['kind']>,
): number[][] {
  const order = new Int32Array(graph.length).fill(-1)
  const lowest = new Int32Array(graph.length)
  const isOpen = new Uint8Array(graph.length)
  const open: number[] = []
  const components: number[][] = []
  let visited = 0
  const path: { node: number; next: number }[] = []
  const enter = (node: number): void => {
    order[node] = lowest[node] = visited++
    isOpen[node] = 1
    open.push(node)
    path.push({ node, next: 0 })
  }
  const lower = (node: number, value: number): void => {
    lowest[node] = Math.min(lowest[node] as number, value)
  }
  for (const root of graph.keys()) {
    if (order[root] !== -1) continue
    enter(root)
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const edge = graph[top.node]?.[top.next++]
      if (edge !== undefined) {
        if (!kinds.has(edge.kind)) continue
        if (order[edge.to] === -1) enter(edge.to)
        else if (isOpen[edge.to] === 1) lower(top.node, order[edge.to] as number)
        continue
      }
      path.pop()
      const { node } = top
      const parent = path.at(-1)
      if (parent !== undefined) lower(parent.node, lowest[node] as number)
      if (lowest[node] !== order[node]) continue
      const component = open.splice(open.lastIndexOf(node))
      for (const member of component) isOpen[member] = 0
      if (component.length > 1) components.push(component)
    }
  }
  return components
}

/** Edges looked at before a cycle that may not be the shortest is good enough. */
const VISITS_MAX = 3_000_000

/**
 * The shortest cycle within the component that closes with an edge of kind `closing` and otherwise
 * uses edges of the kinds in `path`; undefined if none was found.
 */
export function shortestCycle<E extends Edge<string>>(
  graph: Graph<E>,
  component: readonly number[],
  path: ReadonlySet<E['kind']>,
  closing: E['kind'],
): E[] | undefined {
  const members = new Set(component)
  const budget = { visits: VISITS_MAX }
  let best: E[] | undefined
  for (const from of component) {
    for (const edge of graph[from] ?? []) {
      if (edge.kind !== closing || !members.has(edge.to)) continue
      const lengthMax = best === undefined ? Number.POSITIVE_INFINITY : best.length - 2
      const back = shortestPath(graph, edge.to, from, { members, path, lengthMax, budget })
      if (back !== undefined) best = [edge, ...back]
      if (best?.length === 2 || budget.visits <= 0) return best
    }
  }
  return best
}

interface PathOptions {
  readonly members: ReadonlySet<number>
  readonly path: ReadonlySet<string>
  readonly lengthMax: number
  readonly budget: { visits: number }
}

/** Breadth first. */
function shortestPath<E extends Edge<string>>(
  graph: Graph<E>,
  from: number,
  to: number,
  { members, path, lengthMax, budget }: PathOptions,
): E[] | undefined {
  const cameBy = new Map<number, E | undefined>([[from, undefined]])
  let layer = [from]
  for (let length = 1; length <= lengthMax && layer.length > 0; length++) {
    const nextLayer: number[] = []
    for (const node of layer) {
      for (const edge of graph[node] ?? []) {
        budget.visits--
        if (!path.has(edge.kind) || !members.has(edge.to) || cameBy.has(edge.to)) continue
        cameBy.set(edge.to, edge)
        if (edge.to === to) return pathTo(to, cameBy)
        nextLayer.push(edge.to)
      }
    }
    layer = nextLayer
  }
  return undefined
}

function pathTo<E extends Edge<string>>(to: number, cameBy: ReadonlyMap<number, E | undefined>): E[] {
  const edges: E[] = []
  for (let edge = cameBy.get(to); edge !== undefined; edge = cameBy.get(edge.from)) edges.unshift(edge)
  return edges
}
