/** What a morph says of a nuisance, and the noise of a fit, against closed forms. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { normalQuantile } from "../../../../engine/random/random.js";
import {
  autoregressiveFlow,
  factorizableFlow,
  fillNormal,
  initialise,
  randomKey,
  referenceBackend,
  type SimulatedEvents,
} from "../../../../index.js";
import {
  excessOfQuadraticNoise,
  morphInformation,
  noiseOfSamples,
  quadraticNoiseOfSamples,
  simpleParameters,
  slopeOfSquare,
} from "../../../../inference/model/training/morph-information.js";
import { movedModel } from "../../../../inference/model/training/moved-density.js";
import { close } from "../../../support/close.js";

const COUNT = 4000;
const quantiles = Float64Array.from({ length: COUNT }, (_, i) => normalQuantile((i + 0.5) / COUNT));
const sample = (process: number, at: number, x: Float64Array, weights?: Float64Array): SimulatedEvents => ({
  process,
  at: [at],
  count: x.length,
  x,
  ...(weights && { weights }),
});

test("the information of a shift by δ of a normal density is δ², by the weights of the events", async () => {
  const common = { features: 1, context: 2, hidden: [2] };
  const nominal = autoregressiveFlow({ ...common, transforms: 1, transform: { kind: "affine" } });
  const architecture = factorizableFlow({ ...common, layers: 1, nuisances: [{ nominal: 0.5, linearOnly: true }] });
  const shift = { shape: [2], data: Float64Array.of(0, -0.1) };
  const found = await morphInformation({
    backend: referenceBackend(),
    of: "x",
    moved: movedModel("x", { architecture: nominal, weights: initialise(nominal, 1, { identity: true }) }),
    morph: {
      architecture,
      names: ["a"],
      weights: new Map(initialise(architecture, 1)).set("transforms.0.nuisances.0.1.bias", shift),
    },
    // Of weights x² the mean of x² is 3.
    unmoved: [
      sample(0, 0.5, quantiles),
      sample(
        1,
        0.5,
        quantiles,
        quantiles.map((z) => z * z),
      ),
    ],
    sizes: { processes: 2, shapes: 1, x: 1, y: 0 },
    numbers: { precision: "f64" },
  });
  // The quantiles lack what lies in the outermost tails: 0.1% of x² and 1% of x⁴.
  close([found.get(0)!, found.get(1)!], [0.01, 0.03], { absolute: 0, relative: 0.02 });
});

test("the noise of a fit of a mean and a width is that of samples without an effect", () => {
  const nuisance = { plus: 400, minus: 100, nominal: 200 };
  const zeros = (count: number) => new Float64Array(count);
  const varied = [sample(0, 1, zeros(nuisance.plus)), sample(0, -1, zeros(nuisance.minus))];
  const unmoved = [sample(0, 0, zeros(nuisance.nominal))];
  close([noiseOfSamples(2, varied, unmoved, 0)], [2 / 500], { absolute: 1e-15, relative: 0 });
  close([noiseOfSamples(2, varied.slice(0, 1), unmoved, 0)], [2 / 400 + 2 / 200], { absolute: 1e-15, relative: 0 });
  // Twice as far away, the samples say four times as much.
  close([noiseOfSamples(2, [sample(0, 2, zeros(400))], unmoved, 0)], [2 / 1600 + 2 / 800], {
    absolute: 1e-15,
    relative: 0,
  });

  // Of 300 pairs of samples of 50 events without an effect: ŝ = m z + w (z² - 1), so that E[ŝ²] = m² + 2 w². Its mean is known to
  // 1 / √300 of itself, the limit is five of these: a false alarm in 2 million.
  const trials = 300;
  const events = 50;
  const drawn = new Float64Array(2 * trials * events);
  fillNormal(randomKey(3, "noise"), 0, drawn);
  let sum = 0;
  for (let trial = 0; trial < trials; trial++) {
    let [m, w] = [0, 0];
    for (let i = 0; i < 2 * events; i++) {
      const z = drawn[2 * events * trial + i]!;
      const side = i < events ? 1 : -1;
      m += (side * z) / (2 * events);
      w += (side * (z * z - 1)) / (4 * events);
    }
    sum += m * m + 2 * w * w;
  }
  const expected = noiseOfSamples(2, [sample(0, 1, zeros(events)), sample(0, -1, zeros(events))], unmoved, 0);
  assert.ok(Math.abs(sum / trials / expected - 1) < 5 / Math.sqrt(trials), `${sum / trials} and ${expected}`);
});

test("with quadratic terms the noise is that of parabolas through the samples", () => {
  const exact = { absolute: 0, relative: 1e-12 };
  const events = (at: number, count: number) => sample(0, at, new Float64Array(count));
  const nominal = [events(0.5, 200)];
  const found = (varied: Parameters<typeof quadraticNoiseOfSamples>[1], at: number) =>
    quadraticNoiseOfSamples(2, varied, nominal, 0.5, at);
  // Of means d+ and d- less d0 at ±1: a = (d+ - d-) / 2, b = (d+ + d-) / 2 - d0, and a + 2 b one away.
  const both = [events(1.5, 400), events(-0.5, 100)];
  close([found(both, 0)], [(2 / 4) * (1 / 400 + 1 / 100)], exact);
  close([found(both, 1)], [2 * (1.5 ** 2 / 400 + 0.5 ** 2 / 100 + 2 ** 2 / 200)], exact);
  // At 1 and 2: a = 2 d1 - d2 / 2 - 3/2 d0, b = (d2 - 2 d1 + d0) / 2; a + 2 b = d2 / 2 - d0 / 2.
  const oneSided = [events(1.5, 400), events(2.5, 100)];
  close([found(oneSided, 0)], [2 * (2 ** 2 / 400 + 0.5 ** 2 / 100 + 1.5 ** 2 / 200)], exact);
  close([found(oneSided, 1)], [2 * (0.5 ** 2 / 100 + 0.5 ** 2 / 200)], exact);
  // A second file at one of the points.
  close([found([events(1.5, 300), events(1.5, 100), events(-0.5, 100)], 0)], [(2 / 4) * (1 / 400 + 1 / 100)], exact);
});

test("quadratic terms scatter by all samples, the nominal ones too", () => {
  const exact = { absolute: 0, relative: 1e-12 };
  const events = (at: number, count: number) => sample(0, at, new Float64Array(count));
  const nominal = [events(0.5, 200)];
  // At ±1: b = (d+ + d-) / 2 - d0, of which varied events alone make the first part.
  const ofVaried = (1 / 400 + 1 / 100) / 4;
  const both = [events(1.5, 400), events(-0.5, 100)];
  close([excessOfQuadraticNoise(both, nominal, 0.5)], [(ofVaried + 1 / 200) / ofVaried], exact);
  // Least squares of 400 · 1 and 100 · 1 on opposite sides.
  close([slopeOfSquare(both, 0.5)], [300 / 500], exact);
  // At 1 and 2: b = (d2 - 2 d1 + d0) / 2.
  const oneSided = [events(1.5, 400), events(2.5, 100)];
  const own = (1 / 100 + 4 / 400) / 4;
  close([excessOfQuadraticNoise(oneSided, nominal, 0.5)], [(own + 1 / 800) / own], exact);
  close([slopeOfSquare(oneSided, 0.5)], [(400 + 800) / (400 + 400)], exact);
});

test("a simple morph has a scale and a shift of each feature, linear in those before it and in x", () => {
  // Two features: two scales, two shifts, and two slopes of the second.
  assert.is(simpleParameters(2, 0), 6);
  assert.is(simpleParameters(1, 0), 2);
  assert.is(simpleParameters(3, 0), 12);
  // Three inner knots with a place and a slope each, eight numbers of each feature: two constants and a slope of each.
  assert.is(simpleParameters(2, 0, { kind: "spline", bins: 4, bound: 5 }), 24);
  // Of each, a slope in either of two features of x.
  assert.is(simpleParameters(1, 2), 6);
});

test.run();
