/** The part of quadratic terms that is kept, against closed forms of normal densities. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { normalQuantile } from "../../../../engine/random/random.js";
import {
  autoregressiveFlow,
  factorizableFlow,
  initialise,
  referenceBackend,
  type SimulatedEvents,
} from "../../../../index.js";
import { movedModel } from "../../../../inference/model/training/moved-density.js";
import { quadraticPart } from "../../../../inference/model/training/quadratic-part.js";
import { close } from "../../../support/close.js";

const COUNT = 4000;
/** Of one process: a scale and a shift. */
const TERMS = 2;

const normal = (process: number, at: number, mean: number, count = COUNT): SimulatedEvents => ({
  process,
  at: [at],
  count,
  x: Float64Array.from({ length: count }, (_, i) => mean + normalQuantile((i + 0.5) / count)),
});

const common = { features: 1, context: 2, hidden: [2] };
const nominal = autoregressiveFlow({ ...common, transforms: 1, transform: { kind: "affine" } });
const architecture = factorizableFlow({ ...common, layers: 1, nuisances: [{ nominal: 0.5 }], quadraticDamping: 1 });

/** Of a morph that moves the mean by `linear` u + `quadratic` u². */
const partOf = (linear: number, quadratic: number, varied: SimulatedEvents[], unmoved: SimulatedEvents[]) =>
  quadraticPart({
    backend: referenceBackend(),
    of: "x",
    moved: movedModel("x", { architecture: nominal, weights: initialise(nominal, 1, { identity: true }) }),
    morph: {
      architecture,
      names: ["a"],
      weights: new Map(initialise(architecture, 1)).set("transforms.0.nuisances.0.1.bias", {
        shape: [4],
        data: Float64Array.of(0, 0, -linear, -quadratic),
      }),
    },
    varied,
    unmoved,
    sizes: { processes: 2, shapes: 1, x: 1, y: 0 },
    numbers: { precision: "f64" },
  });

/** Samples at ±1 of the nominal value, with means that are off the nominal one by ±`linear` + `quadratic`. */
const bothSides = (linear: number, quadratic: number, process = 0, count = COUNT) => [
  normal(process, 1.5, quadratic + linear, count),
  normal(process, -0.5, quadratic - linear, count),
];

// Means of quantiles are exact; their squares lack 0.1% in the outermost tails, and r is 1 on average to order u⁴.
const tolerance = { absolute: 0.01, relative: 0 };

test("what stands out of the noise is kept: 1 - K / χ²", async () => {
  for (const [linear, quadratic] of [
    [0, 0.05],
    [0.1, 0.05],
    [0.1, -0.08],
  ] as const) {
    const { part, slope } = await partOf(linear, quadratic, bothSides(linear, quadratic), [normal(0, 0.5, 0)]);
    // Of the mean of both sides less the nominal one.
    const variance = 1 / (2 * COUNT) + 1 / COUNT;
    close([part], [1 - TERMS / (quadratic ** 2 / variance)], tolerance);
    assert.is(slope, 0);
  }
});

test("of several processes and of fewer effective events", async () => {
  const quadratic = 0.08;
  const few = COUNT / 4;
  const varied = [...bothSides(0.1, quadratic), ...bothSides(0, quadratic, 1, few)];
  const { part } = await partOf(0, quadratic, varied, [normal(0, 0.5, 0), normal(1, 0.5, 0, few)]);
  const chiSquare = quadratic ** 2 / (1.5 / COUNT) + quadratic ** 2 / (1.5 / few);
  close([part], [1 - (2 * TERMS) / chiSquare], tolerance);

  // Every event twice, in two files, says no more than events of weight 2 and 0: half of them.
  const weights = Float64Array.from({ length: COUNT }, (_, i) => 2 * (i % 2));
  const half = (samples: SimulatedEvents[]) => samples.map((own) => ({ ...own, weights }));
  const weighted = await partOf(0, quadratic, half(bothSides(0, quadratic)), half([normal(0, 0.5, 0)]));
  close([weighted.part], [1 - TERMS / (quadratic ** 2 / (3 / COUNT))], { absolute: 0.02, relative: 0 });
});

test("nothing of terms that samples do not have, and never more than all", async () => {
  const unmoved = [normal(0, 0.5, 0)];
  assert.is((await partOf(0.1, 0.02, bothSides(0.1, 0), unmoved)).part, 0);
  assert.is((await partOf(0.1, 0.05, bothSides(0.1, -0.05), unmoved)).part, 0);
  assert.is((await partOf(0.1, 0.05, bothSides(0.1, 0.2), unmoved)).part, 1);
  assert.is((await partOf(0.1, 0, bothSides(0.1, 0.2), unmoved)).part, 0);
});

test("an error of the nominal density that quadratic terms make up for is no effect", async () => {
  // All samples lie at 0.05 where the nominal density has 0: the morph has learned that as b.
  const { part } = await partOf(0, 0.05, bothSides(0, 0.05), [normal(0, 0.5, 0.05)]);
  close([part], [0], { absolute: 0.02, relative: 0 });
});

test("at 1 and 3, u² less a straight line is what quadratic terms say", async () => {
  const [linear, quadratic] = [0.1, 0.05];
  const mean = (u: number) => linear * u + quadratic * u ** 2;
  const varied = [normal(0, 1.5, mean(1)), normal(0, 3.5, mean(3))];
  const { part, slope } = await partOf(linear, quadratic, varied, [normal(0, 0.5, 0)]);
  close([slope], [28 / 10], { absolute: 1e-12, relative: 0 });
  // b = (d3 - 3 d1 + 2 d0) / 6
  const variance = (1 + 9 + 4) / 36 / COUNT;
  close([part], [1 - TERMS / (quadratic ** 2 / variance)], tolerance);
});

test.run();
