/** What events do to a fit, as sentences and as data: here of a likelihood whose scores are given. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { covariance } from "../../../inference/statistics/fit/covariance.js";
import { readConfiguration } from "../../../workflow/configuration/configuration.js";
import type { OpenLikelihood } from "../../../workflow/likelihood/bound-likelihood.js";
import { eventInfluence, togetherText } from "../../../workflow/likelihood/event-influence.js";
import { verdictText } from "../../../workflow/verdicts.js";

const SOURCE = `
observables: { x: { features: 2, columns: [mass, "p t"] } }
likelihood: { observables: [x] }
processes: { only: { yield: 10, samples: [{ file: a.npz }] } }
nuisances: { scale: { kind: rate, kappa: 0.1 }, norm: { kind: rate, kappa: 0.1 } }
data: { file: a.npz }
`;

const NAMES = ["scale", "norm"];
const COUNT = 40;
const g = (k: number, event: number) => (k === 0 ? 0.1 * ((event % 7) - 3) : event === 9 ? -20 : 0.01);

function openWith(weights?: Float64Array): OpenLikelihood {
  const x = Float64Array.from({ length: 2 * COUNT }, (_, i) => i);
  return {
    analysis: { file: "a.yaml", configuration: readConfiguration(SOURCE, "a.yaml") },
    events: {
      data: { count: COUNT, x, ...(weights && { weights }) },
      total: 50,
      file: "d.npz",
      rows: Int32Array.from({ length: COUNT }, (_, i) => i + 10),
    },
    likelihood: {
      names: NAMES,
      logProb: async () => Float64Array.of(-12.5),
      eventScores: async (_: unknown, [start, stop]: readonly [number, number]) =>
        Float64Array.from({ length: 2 * (stop - start) }, (_, i) =>
          g(Math.floor(i / (stop - start)), start + (i % (stop - start))),
        ),
    },
  } as unknown as OpenLikelihood;
}

const found = covariance([4, 0, 0, 25], NAMES);
if (found.status !== "positive-definite") throw new Error("expected a covariance");
const at = { estimate: [0, 0], covariance: found };
const { signal } = new AbortController();

test("the largest of each parameter, with rows of the file and values by name; and the sum over a group", async () => {
  const { largest, together, verdicts } = await eventInfluence(openWith(), at, new Set([9, 0]), signal);
  assert.equal(
    largest.map(({ parameter, events }) => [parameter, events.length]),
    [
      ["scale", 5],
      ["norm", 5],
    ],
  );
  // C g / σ = σ g, with σ = 1/2 and 1/5.
  const { shift, ...event } = largest[1]!.events[0]!;
  assert.equal(event, { row: 19, values: { mass: 9, "p t": 49 } });
  assert.ok(Math.abs(shift + 20 * 0.2) < 1e-14);
  assert.ok(Math.abs(largest[0]!.events[0]!.shift) - 0.5 * 0.1 * 3 < 1e-14);
  assert.ok(Math.abs(together![0]! - 0.5 * (g(0, 9) + g(0, 0))) < 1e-14);
  assert.ok(Math.abs(together![1]! - 0.2 * (-20 + 0.01)) < 1e-14);
  assert.match(
    verdictText(verdicts[0]!),
    /^d\.npz: row 19 \(counted from 0\): mass = 9, p t = 49, with log p = -12\.5000, alone moves norm by \d+\.\d+ standard deviations\. It dominates the likelihood\. Remove it, or find out what it is$/,
  );
  assert.equal(verdicts[0]!.rows, [19]);
});

test("weights count; without an inverse Hessian there are verdicts alone; a fixed parameter does not move", async () => {
  const weights = new Float64Array(COUNT).fill(1);
  weights[9] = 3;
  const weighted = await eventInfluence(openWith(weights), at, new Set(), signal);
  assert.ok(Math.abs(weighted.largest[1]!.events[0]!.shift + 3 * 20 * 0.2) < 1e-14);
  const without = await eventInfluence(openWith(), { ...at, covariance: undefined }, new Set(), signal);
  assert.equal([without.largest, without.together, without.verdicts.length], [[], undefined, 1]);
  const alone = covariance([25], ["norm"]);
  if (alone.status !== "positive-definite") throw new Error("expected a covariance");
  const held = await eventInfluence(openWith(), { ...at, covariance: alone }, new Set([9]), signal);
  assert.is(held.together![0], 0);
  assert.ok(Math.abs(held.together![1]! + 20 * 0.2) < 1e-14);
});

test("what events do together, in a sentence", () => {
  assert.is(
    togetherText(["a", "b", "c"], [0.211, -6.1, 0.01]),
    " Together they move a by +0.21 and b by -6.1 standard deviations, in one Newton step.",
  );
  assert.is(togetherText(["a"], [0.01]), " Together they move no estimate by 0.05 standard deviations.");
  assert.is(togetherText(["a"], undefined), "");
});

test.run();
