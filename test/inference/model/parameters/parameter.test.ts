import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  changedParameters,
  checkParameterPoint,
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

const none: Parameter = { name: "none", start: 0, constraint: { kind: "poisson", observed: 0, scale: 8 } };

test("a count of 0 allows 0 and nothing below", async () => {
  checkParameters([none]);
  assert.equal(rangeOf(none), [0, Number.POSITIVE_INFINITY]);
  assert.equal(rangeOf({ ...none, range: [-3, 2] }), [0, 2]);
  await rejects(() => checkParameters([{ ...none, start: -1 }]), /a start of at least 0, which its poisson constraint/);
});

test("a point that names no parameter, or another value of a fixed one, is refused", async () => {
  const parameters = [mu, { ...slope, isFixed: true }];
  checkParameterPoint(parameters, { mu: 3 });
  checkParameterPoint(parameters, { mu: 3, slope: 0.3 });
  await rejects(
    () => checkParameterPoint(parameters, { nu: 1 }),
    /point: expected parameters .*\(mu, slope\), got "nu"/,
  );
  await rejects(
    () => checkParameterPoint(parameters, { slope: 0.4 }),
    /point: expected slope = 0\.3, where it is fixed, got 0\.4\. Change its start/,
  );
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
