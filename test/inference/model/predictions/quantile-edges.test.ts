/** Edges of tails and quartiles, counted by hand. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { quantileEdges } from "../../../../inference/model/predictions/quantile-edges.js";

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

test("beyond the outer edges 10, 30, 100 and 300 events are expected, between the others a quarter, whatever the order of the values", () => {
  // 2000 events from 4000 values: 20 values are worth 10 events.
  const edges = [0, 19, 59, 199, 599, 999, 1999, 3000, 3400, 3800, 3940, 3980, 3999];
  assert.equal(quantileEdges([{ values: upTo(4000), weight: 0.5 }]), edges);
  assert.equal(quantileEdges([{ values: upTo(4000).reverse(), weight: 0.5 }]), edges);
});

test("processes count by the weights of their values", () => {
  // Below lie values of weight 5 alone, above those of weight 1/8.
  const edges = quantileEdges([
    { values: upTo(100), weight: 5 },
    { values: upTo(1000).map((value) => 1000 + value), weight: 0.125 },
  ]);
  assert.equal(edges, [0, 1, 5, 19, 31, 62, 93, 1200, 1760, 1920, 1999]);
});

test("few events have fewer tails, and equal values a single bin", () => {
  assert.equal(quantileEdges([{ values: upTo(100), weight: 1 }]), [0, 9, 24, 49, 75, 90, 99]);
  assert.equal(quantileEdges([{ values: upTo(8), weight: 1 }]), [0, 1, 3, 6, 7]);
  assert.equal(quantileEdges([{ values: [3, 3, 3], weight: 100 }]), [3, 6]);
});

test.run();
