/** Minimum cuts against all cuts of small graphs. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { FlowNetwork } from "../../../engine/partial-evaluation/minimum-cut.js";
import { randomKey, word } from "../../../engine/random/random.js";

type Edge = readonly [from: number, to: number, capacity: number];

const cost = (edges: readonly Edge[], isSource: (node: number) => boolean) =>
  edges.reduce((total, [from, to, capacity]) => total + (isSource(from) && !isSource(to) ? capacity : 0), 0);

function randomEdges(nodes: number, seed: number): Edge[] {
  const key = randomKey(seed, "minimum cut");
  return Array.from({ length: 3 * nodes }, (_, i): Edge => {
    const [from, to] = [word(key, 3 * i) % nodes, word(key, 3 * i + 1) % nodes];
    const capacity = word(key, 3 * i + 2) % 12;
    // Into the sink everything can be cut; elsewhere some edges cannot.
    return [from, to, capacity > 9 && to !== 1 ? Number.POSITIVE_INFINITY : capacity];
  }).filter(([from, to]) => from !== to);
}

test("the cut is the cheapest of all cuts, and of these the one nearest to the source", () => {
  const nodes = 8;
  for (let seed = 1; seed <= 60; seed++) {
    const edges = randomEdges(nodes, seed);
    const network = new FlowNetwork(nodes);
    for (const [from, to, capacity] of edges) network.connect(from, to, capacity);
    const side = network.sourceSide(0, 1);
    let [least, smallest] = [Number.POSITIVE_INFINITY, nodes];
    for (let set = 0; set < 2 ** nodes; set++) {
      if ((set & 1) === 0 || (set & 2) !== 0) continue;
      const own = cost(edges, (node) => (set & (1 << node)) !== 0);
      const size = Array.from({ length: nodes }, (_, node) => (set >> node) & 1).reduce((sum, bit) => sum + bit, 0);
      if (own < least || (own === least && size < smallest)) [least, smallest] = [own, size];
    }
    assert.ok(side.has(0) && !side.has(1), `seed ${seed}: source and sink`);
    assert.is(
      cost(edges, (node) => side.has(node)),
      least,
      `seed ${seed}: cost`,
    );
    assert.is(side.size, smallest, `seed ${seed}: size`);
  }
});

test.run();
