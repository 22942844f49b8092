/** Minimum cut of a directed graph: Dinic's algorithm (Soviet Math. Dokl. 11, 1970, 1277). */

interface Edge {
  readonly to: number;
  /** What it still lets through. */
  left: number;
  /** Position of its reverse among the edges of `to`. */
  readonly back: number;
}

export class FlowNetwork {
  private readonly edges: Edge[][];

  constructor(size: number) {
    this.edges = Array.from({ length: size }, () => []);
  }

  /** An edge that costs `capacity` to cut; Infinity for one that cannot be cut. */
  connect(from: number, to: number, capacity: number): void {
    const [out, back] = [this.edges[from] as Edge[], this.edges[to] as Edge[]];
    out.push({ to, left: capacity, back: back.length });
    back.push({ to: from, left: 0, back: out.length - 1 });
  }

  /**
   * Nodes on the source's side of the smallest minimum cut: those that the source still reaches when no more can flow. Some
   * edge of every path from source to sink must have a finite capacity.
   */
  sourceSide(source: number, sink: number): ReadonlySet<number> {
    for (;;) {
      const level = this.levels(source);
      if (!level.has(sink)) return new Set(level.keys());
      const next = new Int32Array(this.edges.length);
      while (this.push(source, sink, level, next) > 0);
    }
  }

  /** Edges from the source to each node that it reaches. */
  private levels(source: number): Map<number, number> {
    const level = new Map([[source, 0]]);
    for (const [node, own] of level) {
      for (const { to, left } of this.edges[node] as Edge[]) if (left > 0 && !level.has(to)) level.set(to, own + 1);
    }
    return level;
  }

  /** Sends what one more path takes, from the source level by level; gives back how much that was. */
  private push(source: number, sink: number, level: ReadonlyMap<number, number>, next: Int32Array): number {
    const path: Edge[] = [];
    let node = source;
    while (node !== sink) {
      const edges = this.edges[node] as Edge[];
      const own = level.get(node) as number;
      let at = next[node] as number;
      while (at < edges.length && !(edges[at]!.left > 0 && level.get(edges[at]!.to) === own + 1)) at++;
      next[node] = at;
      if (at < edges.length) {
        path.push(edges[at] as Edge);
        node = edges[at]!.to;
        continue;
      }
      // A dead end: back, and on along the next edge.
      const last = path.pop();
      if (last === undefined) return 0;
      node = this.reverse(last).to;
      next[node]! += 1;
    }
    const amount = Math.min(...path.map((edge) => edge.left));
    for (const edge of path) {
      edge.left -= amount;
      this.reverse(edge).left += amount;
    }
    return amount;
  }

  private reverse(edge: Edge): Edge {
    return this.edges[edge.to]![edge.back] as Edge;
  }
}
