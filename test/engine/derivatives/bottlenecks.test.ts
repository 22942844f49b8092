/** Where bottlenecks are found, and functions that have none. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findBottlenecks } from "../../../engine/derivatives/bottlenecks.js";
import { hessianThroughBottlenecks } from "../../../engine/derivatives/hessian.js";
import * as o from "../../../engine/tape/operations.js";
import type { Var } from "../../../engine/tape/tape.js";
import { checkDifferences, element, functionCase, K, moved, total } from "./hessian-cases.js";

test("the node through which all of the parameter's influence passes is the bottleneck", () => {
  let narrow: Var | undefined;
  const { loss, nu } = functionCase((own, x) => {
    narrow = moved(x, own, 1);
    return total(o.exp(o.sin(narrow)));
  });
  const found = findBottlenecks(loss, nu);
  assert.equal(
    found?.bottlenecks.map(({ id }) => id),
    [narrow?.id],
  );
  assert.equal(
    found?.entries.map(({ operation }) => operation.name),
    ["broadcastEvents"],
  );
  assert.is(found?.sums.length, 1);
});

test("of two in a row, the one nearer to the parameter comes first", () => {
  const { loss, nu } = functionCase((own, x) => {
    const first = moved(x, own, 1);
    return total(o.exp(moved(o.sin(o.mul(first, 3)), own, 2)));
  });
  const ids = findBottlenecks(loss, nu)?.bottlenecks.map(({ id }) => id) ?? [];
  assert.is(ids.length, 2);
  assert.ok((ids[0] as number) < (ids[1] as number));
});

const withoutBottlenecks: Record<string, (nu: Var, x: Var, z: Var) => Var> = {
  "every element meets every other": (nu, x) =>
    total(o.sin(o.mul(o.mul(o.reshape(nu, [K, 1]), o.reshape(nu, [1, K])), element(x, 0)))),
  "events meet": (nu, x) => o.log(total(o.exp(moved(x, nu, 1)))),
  "events of one set meet those of another": (nu, x, z) => {
    const mean = o.sumEvents(o.square(moved(z, nu, 1)));
    return total(o.sin(o.mul(element(moved(x, nu, 2), 0), mean)));
  },
  "weights that depend on the parameter": (nu, x) => total(o.exp(o.linear(x, o.mul(o.reshape(nu, [K / 2, 2]), 0.3)))),
  "too few elements": (nu, x) => total(o.exp(o.sin(o.mul(element(nu, 0), o.mul(element(nu, 1), x))))),
};

for (const [name, build] of Object.entries(withoutBottlenecks)) {
  test(`takes every direction: ${name}`, async () => {
    const own = functionCase(build, name === "too few elements" ? 2 : K);
    assert.is(hessianThroughBottlenecks(own.loss, own.nu), undefined);
    await checkDifferences(own);
  });
}

test.run();
