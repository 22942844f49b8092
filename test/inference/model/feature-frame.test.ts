/** A model in a frame takes and gives the units of its features: the same model without one says the rest. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cpuBackend } from "../../../engine/cpu/backend.js";
import type { ColumnData } from "../../../engine/runtime/backend.js";
import { applyTransport, countOutside } from "../../../inference/measurements/distribution-of-interest/apply.js";
import { displacements } from "../../../inference/measurements/distribution-of-interest/displacement.js";
import { weightedRegions } from "../../../inference/measurements/distribution-of-interest/impacts/impacts-weighted-regions.js";
import { enterFrame, frameOf, leaveFrame, type ModelFrame } from "../../../inference/model/feature-frame.js";
import { type EventData, type LikelihoodRequest, likelihoods } from "../../../inference/model/likelihood/likelihood.js";
import { mixtureFromTensors, mixtureToTensors } from "../../../inference/model/mixture-file.js";
import { type MixtureModel, withParameters } from "../../../inference/model/mixture-model.js";
import { expectedSensitivity } from "../../../inference/model/predictions/sensitivity.js";
import { openDataMap, openSampler } from "../../../inference/model/sampling/sampling.js";
import {
  frameOfSimulation,
  type SimulatedEvents,
  trainingSample,
} from "../../../inference/model/sampling/simulated-events.js";
import { close, tolerances } from "../../support/close.js";
import { torchEvents, torchModel } from "../torch-mixture.js";
import { withBackend } from "../with-backend.js";

/** x, then y1 and y2: 10⁸ standard deviations away, or beyond f32 at either end. */
const frame: ModelFrame = {
  x: { shift: [-(2 ** 29)], scale: [4] },
  y: { shift: [0, 2 ** 157], scale: [2 ** -140, 2 ** 130] },
};
/** Σ log scale. */
const VOLUMES = { x: 2 * Math.LN2, y: -10 * Math.LN2 };

const model = torchModel({ hasTransport: true, hasRates: true });
const framed: MixtureModel = { ...model, frame };
const nu = [0.3, -0.2, 0.5, 0.1];

// Multiples of 2⁻²⁰ fit into f32, and with the shifts of the frame into f64.
const [x, y] = [torchEvents.x, torchEvents.y!].map((values) =>
  Float64Array.from(values, (value) => Math.round(value * 2 ** 20) / 2 ** 20),
);
type Data = Omit<EventData, "y"> & { readonly y: ColumnData };
const data: Data = { ...torchEvents, x: x!, y: y! };
const observed: Data = { ...data, x: leaveFrame(frame.x, data.x), y: leaveFrame(frame.y, data.y) };
const { count } = data;

test("the numbers of the test round nothing", () => {
  assert.equal(enterFrame(frame.x, observed.x, "f64"), data.x);
  assert.equal(enterFrame(frame.y, observed.y, "f32"), Float32Array.from(data.y));
});

const column = (mean: number, sigma: number) => Float64Array.from([-1.5, -0.5, 0.5, 1.5], (u) => mean + sigma * u);
const even = Float32Array.of(1, 1, 1, 1);
const frameFor = (...features: readonly Float64Array[]) =>
  frameOf(Float64Array.from(features.flatMap((feature) => [...feature])), even, "x");

test("features of order one have no frame", () => {
  assert.is(frameFor(column(7, 1), column(-3000, 800), column(0, 0.002)), undefined);
});

test("shifts are multiples of 16 standard deviations or so, scales powers of two, whatever the size", () => {
  for (const mean of [0, 1e5, -1e9, 1e15, 3e80]) {
    for (const sigma of [1, 1e-45, 1e-12, 1e30, 1e-200, 1e100]) {
      if (sigma < 1e-12 * Math.abs(mean)) continue;
      const found = frameFor(column(mean, sigma)) ?? { shift: [0], scale: [1] };
      const [shift, scale] = [found.shift[0]!, found.scale[0]!];
      assert.ok(Math.abs(mean - shift) <= 8 * Math.SQRT2 * 1.2 * sigma, `shift ${shift} of ${mean} ± ${sigma}`);
      assert.is(Math.abs(Math.log2(scale) % 20), 0);
      assert.ok(scale <= 2 ** 10 * 1.2 * sigma && sigma <= 2 ** 10 * scale, `scale ${scale} of ${sigma}`);
    }
  }
});

test("a frame comes from nominal events of all processes alike, in f64", () => {
  const part = (process: number, values: readonly number[]): SimulatedEvents => ({
    process,
    at: [0],
    count: values.length,
    x: Float64Array.from(values),
    y: Float64Array.from(values, (value) => value - 1e6),
  });
  const nominal = [part(0, [1e6 - 1, 1e6 + 1]), part(1, [1e6 - 3, 1e6 - 1, 1e6 + 1, 1e6 + 3])];
  // √((1 + 5) / 2) = 1.7: steps of 2 · 16.
  const own = frameOfSimulation(nominal, true)!;
  assert.equal(own, { x: { shift: [1e6], scale: [1] }, y: { shift: [0], scale: [1] } });
  const { columns } = trainingSample("set", nominal, "y", 2, { frame: own, precision: "f32" });
  assert.equal(columns["set/x"], Float32Array.of(-1, 1, -3, -1, 1, 3));
  assert.equal(columns["set/y"], Float32Array.of(-1, 1, -3, -1, 1, 3));
});

test("a model keeps its frame in a file, and through training", () => {
  assert.equal(mixtureFromTensors("file", mixtureToTensors(framed)).frame, frame);
  assert.is(mixtureFromTensors("file", mixtureToTensors(model)).frame, undefined);
  assert.equal(withParameters(framed, {}).frame, frame);
});

test("a frame that is none is refused", () => {
  for (const bad of [
    { shift: [0, 0], scale: [1, 1] },
    { shift: [Number.NaN], scale: [1] },
    { shift: [0], scale: [0] },
  ]) {
    assert.throws(
      () => mixtureToTensors({ ...framed, frame: { ...frame, x: bad } }),
      /model: frame of x: expected a finite shift and a positive finite scale for each of 1 features, got {"shift":/,
    );
  }
  assert.throws(
    () => mixtureToTensors({ ...framed, frame: { x: frame.x } }),
    /model: frame of y: expected a finite shift and a positive finite scale for each of 2 features, got undefined/,
  );
});

test("events outside the box of T are counted in its frame", () => {
  const wide = { ...data, y: Float64Array.from(data.y, (value) => 30 * value) };
  const wanted = countOutside(model, wide.y, count);
  assert.ok(wanted > 0 && wanted < count);
  assert.is(countOutside(framed, leaveFrame(frame.y, wide.y), count), wanted);
});

const yWeights = [
  Float64Array.from({ length: count }, (_, i) => [0, 1, 3, 0, 2][i % 5]!),
  Float64Array.from({ length: count }, (_, i) => Math.sin(i) - 0.2),
];

/** Value, gradient and log p of the likelihoods of both replicas, or of the only one. */
async function evaluated(request: Omit<LikelihoodRequest, "extended">, weights: readonly ColumnData[] | undefined) {
  const models = (weights ?? [0]).map(() => request.model);
  const own = await likelihoods({ ...request, extended: true }, models, weights);
  const found = [];
  for (const one of own) {
    found.push({ parts: await one.evaluateParts(nu, 1), logProb: await one.logProb(nu, [1, count]) });
  }
  await own[0]!.close();
  return found;
}

/** Σ w (Λx + w_y Λy), or Σ w w_y Λy where p(y | x) is all there is. */
const nllOfVolumes = (form: "joint" | "conditional", ofY: ColumnData | undefined) =>
  Array.from(data.weights!).reduce(
    (sum, w, i) => sum + w * ((form === "joint" ? VOLUMES.x : 0) + (ofY?.[i] ?? 1) * VOLUMES.y),
    0,
  );

// Frames are entered and left beside the backends: what matters of those is their precision.
for (const precision of ["f32", "f64"] as const) {
  const [near, name] = [tolerances[precision], `cpu ${precision}`];
  const create = () => cpuBackend({ precision, threads: 1 });

  for (const form of ["joint", "conditional"] as const) {
    test(`${form} likelihoods differ by the volume of the frame alone, on ${name}`, () =>
      withBackend(create, async (backend) => {
        for (const weights of [undefined, yWeights]) {
          const wanted = await evaluated({ backend, model, data, form }, weights);
          const got = await evaluated({ backend, model: framed, data: observed, form }, weights);
          for (const [b, { parts, logProb }] of wanted.entries()) {
            const volume = nllOfVolumes(form, weights?.[b]);
            assert.ok(Math.abs(volume) > 1);
            for (const part of ["data", "total"] as const) {
              close([got[b]!.parts[part].nll], [parts[part].nll + volume], tolerances.f64, `NLL, ${part}`);
              assert.equal(got[b]!.parts[part].gradient, parts[part].gradient);
            }
            const ofEvent = (form === "joint" ? VOLUMES.x : 0) + VOLUMES.y;
            close(
              got[b]!.logProb,
              logProb.map((value) => value - ofEvent),
              tolerances.f64,
              "log p",
            );
          }
        }
      }));
  }

  test(`samples, and T of them, are in the units of the features, on ${name}`, () =>
    withBackend(create, async (backend) => {
      const drawn = async (own: MixtureModel) => {
        const [sampler, map] = [await openSampler(backend, own), await openDataMap(backend, own)];
        const ofX = await sampler.sampleX(1, nu, 20, { seed: 1, purpose: "x" });
        const ofY = await sampler.sampleY(1, nu, ofX, { seed: 1, purpose: "y" });
        const moved = await map.toData(own, 0, nu, ofX, ofY);
        await sampler.close();
        await map.close();
        return { x: ofX, y: ofY, moved };
      };
      const [wanted, got] = [await drawn(model), await drawn(framed)];
      // x of 10⁸ standard deviations has 2⁻²⁴ of one as its last digit: y follows it.
      const loose = { absolute: 1e-6 + near.absolute, relative: near.relative };
      close(enterFrame(frame.x, got.x, "f64"), wanted.x, loose, "x");
      close(enterFrame(frame.y, got.y, "f64"), wanted.y, loose, "y");
      close(enterFrame(frame.y, got.moved, "f64"), wanted.moved, loose, "T of y");
    }));

  test(`T, displacements and shares are those of the model without its frame, on ${name}`, () =>
    withBackend(create, async (backend) => {
      const applied = async (own: MixtureModel, sample: Data) => {
        const request = { backend, model: own, sample, variations: [{ name: "nominal", nu }] } as const;
        for await (const found of applyTransport({ ...request, direction: "to-simulation" })) return found;
        throw new Error("nothing was applied");
      };
      const [plain, inFrame] = [await applied(model, data), await applied(framed, observed)];
      for (const f of [0, 1]) assert.equal(inFrame.y[f], leaveFrame(frame.y, plain.y[f]!));
      assert.equal(inFrame.logDet, plain.logDet);
      assert.equal(inFrame.probabilities, plain.probabilities);

      const fieldsOf = (own: MixtureModel, of: Data) =>
        displacements({ backend, model: own, x: of.x, y: of.y, count, points: [nu, nu.map((value) => value + 0.1)] });
      const [field, got] = [await fieldsOf(model, data), await fieldsOf(framed, observed)];
      const scaled = (values: Float64Array) => values.map((value, i) => value * frame.y!.scale[Math.floor(i / count)]!);
      assert.equal(got.nominal, field.nominal.map(scaled));

      const regionsOf = (own: MixtureModel, of: Data) =>
        weightedRegions({ backend, model: own, data: of, estimate: nu, bins: 3, events: count - 5, seed: 1 });
      const [regions, own] = [await regionsOf(model, data), await regionsOf(framed, observed)];
      assert.equal(own.shares, regions.shares);
      assert.equal(own.events, regions.events);
      for (const [f, scales] of regions.scales.entries()) {
        const back = own.scales[f]!.map((value, j) => value / frame.y!.scale[j]!);
        close(back, scales, { absolute: 0, relative: 1e-7 }, "standard deviations of y");
      }
    }));

  test(`expected errors do not depend on the frame, on ${name}`, () =>
    withBackend(create, async (backend) => {
      const request = { backend, nu, count: 100, form: "joint", extended: true, seed: 1 } as const;
      const [wanted, got] = [
        await expectedSensitivity({ ...request, model }),
        await expectedSensitivity({ ...request, model: framed }),
      ];
      const loose = { absolute: near.absolute + 1e-5, relative: near.relative + 1e-5 };
      for (const of of ["transportKnown", "xAlone"] as const) {
        const [a, b] = [got[of]!.covariance, wanted[of]!.covariance];
        if (a.status !== "positive-definite" || b.status !== "positive-definite") throw new Error("no covariance");
        close(a.matrix.flat(), b.matrix.flat(), loose, of);
      }
    }));
}

test.run();
