import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  changedParameters,
  checkParameters,
  freeParameters,
  type Parameter,
  rangeOf,
  scaleOf,
} from "../../../../inference/model/parameters/parameter.js";
import { rejects } from "../../../support/rejects.js";

const mu: Parameter = { name: "mu", start: 1 };
const slope: Parameter = { name: "slope", start: 0.3, range: [0, 2] };
const scale: Parameter = { name: "scale", start: 1, constraint: { kind: "normal", observed: 1, sigma: 0.02 } };
const rate: Parameter = { name: "rate", start: 0.5, constraint: { kind: "poisson", observed: 4, scale: 8 } };
const all = [mu, slope, scale, rate];

test("parameters that do not fit together are refused", async () => {
  const wrong: readonly [readonly unknown[], RegExp][] = [
    [[mu, mu], /parameter mu: expected a name of its own/],
    [[{ ...mu, start: Number.NaN }], /a finite start, got NaN/],
    [[{ ...slope, range: [2, 0] }], /a range from low to high, got \[2, 0\]/],
    [[{ ...slope, start: 3 }], /a start within its range \[0, 2\], got 3/],
    [[{ ...rate, start: 0 }], /a start above 0, which its poisson constraint needs, got 0/],
    [[{ ...slope, range: [0, 1, 2] }], /\[low, high\] for range/],
    [[{ ...slope, ranges: [0, 1] }], /Did you mean range\?/],
    [[{ ...scale, constraint: { kind: "normal", observed: 1, sigma: -1 } }], /constraint of scale: .*positive/],
    [[{ name: 3, start: 1 }], /a text for name, got 3/],
  ];
  for (const [parameters, message] of wrong) {
    await rejects(() => checkParameters(parameters as readonly Parameter[]), message);
  }
  checkParameters(all);
});

test("a fit looks within the range, and above 0 where a logarithm is taken", () => {
  assert.equal(rangeOf(mu), [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
  assert.equal(rangeOf(slope), [0, 2]);
  const [low, high] = rangeOf(rate);
  assert.ok(low > 0 && low < 1e-300 && high === Number.POSITIVE_INFINITY);
});

test("the first scale of a parameter is its constraint's, a tenth of its range, or of its size", () => {
  assert.is(scaleOf(scale), 0.02);
  // √4 / 8.
  assert.is(scaleOf(rate), 0.25);
  assert.is(scaleOf(slope), 0.2);
  assert.is(scaleOf({ name: "a", start: -3 }), 0.1 * 3);
  assert.is(scaleOf({ name: "a", start: 0 }), 1);
});

test("parameters are fixed, freed, set and limited by name", async () => {
  const fixed = changedParameters(all, { fix: ["mu"], set: { mu: 2 }, limit: { slope: [0.1, 0.9] } });
  assert.equal(fixed[0], { name: "mu", start: 2, isFixed: true });
  assert.equal(fixed[1], { name: "slope", start: 0.3, range: [0.1, 0.9] });
  assert.equal(
    freeParameters(fixed).map(({ name }) => name),
    ["slope", "scale", "rate"],
  );
  assert.equal(changedParameters(fixed, { free: ["mu"] })[0], { name: "mu", start: 2 });
  assert.is(changedParameters(fixed, {})[0]!.isFixed, true);
  await rejects(() => changedParameters(all, { fix: ["slpoe"] }), /Did you mean slope\?/);
  await rejects(() => changedParameters(all, { fix: ["mu"], free: ["mu"] }), /mu fixed or free, got both/);
  await rejects(() => changedParameters(all, { set: { slope: 5 } }), /a start within its range/);
});

test.run();
