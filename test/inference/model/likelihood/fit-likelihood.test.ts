/** Counting experiments at the limit of their range, where errors are one-sided, and without any event, against closed forms. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import { checkedComposition } from "../../../../inference/model/composition/composition.js";
import { channelsLikelihood } from "../../../../inference/model/likelihood/channels.js";
import { fitLikelihood, fitObjective } from "../../../../inference/model/likelihood/fit-likelihood.js";
import { type Parameter, rangeOf } from "../../../../inference/model/parameters/parameter.js";
import { minos } from "../../../../inference/statistics/intervals/minos.js";
import { close } from "../../../support/close.js";

/** Events of a signal and a background that are both flat, so that their number alone counts. */
async function counted(count: number, signal: Omit<Parameter, "name">, background: Omit<Parameter, "name">) {
  const parameters = [
    { name: "s", ...signal },
    { name: "b", ...background },
  ];
  const composition = checkedComposition({
    parameters,
    columns: { m: { range: [0, 1] } },
    densities: {
      flat: { kind: "uniform", x: "m" },
      half: { kind: "truncated", density: "flat", region: { m: [[0, 0.5]] } },
      model: { kind: "mixture", summands: ["flat", "half"], coefficients: ["b", "s"] },
    },
  });
  const m = Float64Array.from({ length: count }, () => 0.75);
  const data = { count, columns: { m } };
  const channels = [{ name: "all", density: "model", isExtended: true, data }];
  const likelihood = await channelsLikelihood({ backend: referenceBackend(), composition, channels });
  const free = likelihood.parameters;
  const bounds = Object.fromEntries(free.map((own) => [own.name, rangeOf(own)] as const));
  const fit = await fitLikelihood(likelihood, { start: free.map(({ start }) => start), bounds, tolerance: 1e-10 });
  return {
    fit,
    expected: await likelihood.expected(fit.estimate.values),
    upper: async (name: string) => {
      const [found] = await minos(fitObjective(likelihood), fit, { names: [name], bounds });
      return found!.upper;
    },
    close: () => likelihood.close(),
  };
}

/** Relative: MINOS stops at 1e-4 of its level. */
const exact = { absolute: 0, relative: 2e-4 };

test("a yield at its limit has the upper error of the profile, and the others have theirs with it fixed there", async () => {
  // No event lies in the half where a signal would: -ln L = s + b - 4 ln b, and the number of events is b.
  const { fit, upper, close: end } = await counted(4, { start: 2, range: [0, 50] }, { start: 3 });
  assert.is(fit.status, "at-bound");
  close([...fit.estimate.values], [0, 4], { absolute: 1e-5, relative: 0 });
  assert.equal(fit.covariance!.names, ["b"]);
  close(fit.covariance!.sigma, [2], { absolute: 0, relative: 1e-6 });
  // b does not depend on s: -2Δ ln L = 2 s.
  close([(await upper("s"))!], [0.5], exact);
  await end();
});

test("without any event, -ln L is the expected number: yields end at 0, where nothing is infinite", async () => {
  const {
    fit,
    expected,
    upper,
    close: end,
  } = await counted(0, { start: 2, range: [0, 50] }, { start: 3, range: [0, 9] });
  assert.is(fit.status, "at-bound");
  assert.equal([...fit.estimate.values], [0, 0]);
  assert.is(fit.nll, 0);
  assert.is(fit.covariance, undefined);
  assert.equal(expected, { all: 0 });
  close([(await upper("s"))!, (await upper("b"))!], [0.5, 0.5], exact);
  await end();
});

test("an auxiliary count of 0 allows the parameter to be 0: its term is τ b", async () => {
  const constraint = { kind: "poisson", observed: 0, scale: 3 } as const;
  const { fit, upper, close: end } = await counted(0, { start: 0, isFixed: true }, { start: 0.2, constraint });
  assert.is(fit.status, "at-bound");
  assert.match(fit.reason, /^b is at its lower bound 0; the NLL still falls beyond it\.$/);
  // (1 + τ) b = ½.
  close([(await upper("b"))!], [1 / 8], exact);
  await end();
});

test("with an event beside it, the count of 0 is one measurement of two", async () => {
  const constraint = { kind: "poisson", observed: 0, scale: 3 } as const;
  const { fit, close: end } = await counted(1, { start: 0, isFixed: true }, { start: 0.2, constraint });
  // 1 event in 1 + τ units of exposure.
  assert.is(fit.status, "converged");
  close([...fit.estimate.values, ...fit.covariance!.sigma], [0.25, 0.25], { absolute: 0, relative: 1e-5 });
  await end();
});

test("a yield without a limit is followed below 0 by no fit", async () => {
  const { fit, close: end } = await counted(0, { start: 0, isFixed: true }, { start: 2 });
  assert.is(fit.status, "non-finite");
  assert.ok(fit.estimate.values[0]! >= 0);
  await end();
});

test.run();
