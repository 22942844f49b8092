/** The second-order adjoint: gradients with bottlenecks as variables, and how they change. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findBottlenecks } from "../../../engine/derivatives/bottlenecks.js";
import { gradient } from "../../../engine/derivatives/gradient.js";
import { type Bottleneck, ChangeTarget, SecondOrderAdjoint } from "../../../engine/derivatives/second-order-adjoint.js";
import * as o from "../../../engine/tape/operations.js";
import { sizeOf } from "../../../engine/tape/tape.js";
import { functionCase, K, moved, total } from "./hessian-cases.js";

/** ν through six rows per event, and these through one. */
function adjointOf(): SecondOrderAdjoint {
  const { loss, nu } = functionCase((own, x) => {
    const wide = moved(o.concatenate([x, o.mul(x, 2), o.mul(x, 3)]), own, 1);
    return total(o.exp(o.mul(o.sin(o.sum(o.sin(wide), 0)), 0.3)));
  });
  return new SecondOrderAdjoint(loss, nu, findBottlenecks(loss, nu)!);
}

test("with each multiplier at its value, the gradient in the parameter is that of the loss", () => {
  const { loss, nu } = functionCase((own, x) => total(o.exp(o.sin(moved(x, own, 1)))));
  const adjoint = new SecondOrderAdjoint(loss, nu, findBottlenecks(loss, nu)!);
  assert.is(adjoint.value(adjoint.gradient), gradient(loss, [nu])[0]);
});

test("parameter, bottlenecks and multipliers are numbered one after the other", () => {
  const { bottlenecks } = adjointOf();
  let next = K;
  for (const { node, first, firstMultiplier } of bottlenecks) {
    assert.equal([first, firstMultiplier], [next, next + sizeOf(node.shape)]);
    next += 2 * sizeOf(node.shape);
  }
  assert.is(bottlenecks.length, 2);
});

test("behind a bottleneck its own rows are the sources, and what arrives there depends on what comes before", () => {
  const adjoint = adjointOf();
  const [first, second] = adjoint.bottlenecks as [Bottleneck, Bottleneck];
  const members = (rows: Int32Array) => [...new Set(Array.from(rows).flatMap((set) => adjoint.sets.members(set)))];
  assert.equal(members(adjoint.sourcesOf(second.node)), [second.first]);
  const arriving = members(adjoint.sourcesArrivingAt(second.node)).sort((a, b) => a - b);
  assert.equal(
    arriving,
    Array.from({ length: 6 }, (_, row) => first.first + row),
  );
});

test("where nothing is wanted, nothing changes", () => {
  const adjoint = adjointOf();
  const [first] = adjoint.bottlenecks;
  const { node, first: start } = first!;
  const nothing = adjoint.changes(node, start, [start], new Set());
  assert.is(nothing.of(adjoint.gradient), undefined);
  const changes = adjoint.changes(node, start, [start], new Set([ChangeTarget.bottlenecks]));
  assert.ok(
    changes.arrivingAt(adjoint.bottlenecks[1]!.node) !== undefined,
    "the second bottleneck moves with the first",
  );
});

test.run();
