/** A model whose features enter by monotone maps: it is the one without them, by change of variables. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cpuBackend } from "../../../engine/cpu/backend.js";
import type { ColumnData } from "../../../engine/runtime/backend.js";
import { applyTransport } from "../../../inference/measurements/distribution-of-interest/apply.js";
import { displacements } from "../../../inference/measurements/distribution-of-interest/displacement.js";
import {
  enterFrame,
  frameOf,
  leaveFrame,
  leaveFrameAsDifference,
  logSlopes,
  type ModelFrame,
  meanLogVolume,
} from "../../../inference/model/feature-frame.js";
import type { FeatureTransform } from "../../../inference/model/features/feature-transform.js";
import { type EventData, likelihoods } from "../../../inference/model/likelihood/likelihood.js";
import { mixtureFromTensors, mixtureToTensors } from "../../../inference/model/mixture-file.js";
import type { MixtureModel } from "../../../inference/model/mixture-model.js";
import { openSampler } from "../../../inference/model/sampling/sampling.js";
import { frameOfSimulation, meanLogVolumeOf } from "../../../inference/model/sampling/simulated-events.js";
import { close, tolerances } from "../../support/close.js";
import { torchEvents, torchModel } from "../torch-mixture.js";
import { withBackend } from "../with-backend.js";

const bounded: FeatureTransform = {
  kind: "rank",
  x: [2, 4, 9],
  z: [-1.5, 0.2, 1.4],
  slope: [0.5, 0.6, 0.1],
  lower: { kind: "edge", end: 0, power: 1, bend: 0 },
  upper: { kind: "pareto", index: 0.2, scale: 3 },
};

/** x by its logarithm, y1 by asinh, y2 by a rank. */
const frame: ModelFrame = {
  x: { transforms: [{ kind: "log" }], shift: [0.5], scale: [1] },
  y: { transforms: [{ kind: "asinh", centre: 90, width: 4 }, bounded], shift: [0, 0], scale: [1, 1] },
};

const model = torchModel({ hasTransport: true, hasRates: true });
const framed: MixtureModel = { ...model, frame };
const nu = [0.3, -0.2, 0.5, 0.1];
type Data = Omit<EventData, "y"> & { readonly y: ColumnData };
const inFrame: Data = { ...torchEvents, x: Float64Array.from(torchEvents.x), y: Float64Array.from(torchEvents.y!) };
const { count } = inFrame;
const observed: Data = { ...inFrame, x: leaveFrame(frame.x, inFrame.x), y: leaveFrame(frame.y, inFrame.y) };

/** Log slopes by differences of what enters, [count]. */
function slopesByDifferences(of: "x" | "y"): Float64Array {
  const column = observed[of];
  const step = 1e-6;
  const [above, below] = [1, -1].map((sign) =>
    enterFrame(
      frame[of],
      Float64Array.from(column, (value) => value * (1 + sign * step)),
      "f64",
    ),
  ) as [ColumnData, ColumnData];
  const logs = Float64Array.from(column, (value, i) => Math.log((above[i]! - below[i]!) / (2 * step * value)));
  return Float64Array.from({ length: count }, (_, i) => {
    let sum = 0;
    for (let at = i; at < logs.length; at += count) sum += logs[at]!;
    return sum;
  });
}

const slopes = { x: slopesByDifferences("x"), y: slopesByDifferences("y") };
/** Of differences with steps of 10⁻⁶: 10⁻¹⁶ / 10⁻⁶ of the values' rounding. */
const ofDifferences = { absolute: 1e-6, relative: 1e-7 };

test("observed values come back, and their slopes are those of differences", () => {
  for (const of of ["x", "y"] as const) {
    close(enterFrame(frame[of], observed[of], "f64"), inFrame[of], tolerances.f64);
    close(logSlopes(frame[of], observed[of])!, slopes[of], ofDifferences);
  }
});

test("differences in the units of the features are those of positions", () => {
  const to = Float64Array.from(inFrame.y, (value) => value + 0.25);
  const wanted = leaveFrame(frame.y, to).map((value, i) => value - observed.y[i]!);
  close(leaveFrameAsDifference(frame.y, to, inFrame.y), wanted, tolerances.f64);
});

const withBackends = (body: Parameters<typeof withBackend>[1]) =>
  withBackend(() => cpuBackend({ precision: "f64", threads: 1 }), body);

const yWeights = Float64Array.from({ length: count }, (_, i) => [0, 1, 3, 0, 2][i % 5]!);

for (const form of ["joint", "conditional"] as const) {
  test(`log p of ${form} likelihoods differs by the slopes of the events, their sum by these with weights`, () =>
    withBackends(async (backend) => {
      for (const weights of [undefined, [yWeights]]) {
        const evaluated = async (own: MixtureModel, data: Data) => {
          const [one] = await likelihoods({ backend, model: own, data, form, extended: true }, [own], weights);
          const found = { parts: await one!.evaluateParts(nu, 1), logProb: await one!.logProb(nu, [2, count]) };
          await one!.close();
          return found;
        };
        const [plain, got] = [await evaluated(model, inFrame), await evaluated(framed, observed)];
        const ofX = (i: number) => (form === "joint" ? slopes.x[i]! : 0);
        const ofEvents = plain.logProb.map((value, i) => value + ofX(i + 2) + slopes.y[i + 2]!);
        close(got.logProb, ofEvents, ofDifferences, "log p");
        const volume = Array.from(inFrame.weights!).reduce<number>(
          (sum, w, i) => sum - w * (ofX(i) + (weights ? yWeights[i]! : 1) * slopes.y[i]!),
          0,
        );
        assert.ok(Math.abs(volume) > 1);
        close([got.parts.data.nll], [plain.parts.data.nll + volume], { absolute: 1e-5, relative: 1e-8 }, "NLL");
        close(got.parts.data.gradient!, plain.parts.data.gradient!, tolerances.f64, "gradient");
      }
    }));
}

test("an event beyond an edge has no density, the others keep theirs", () =>
  withBackends(async (backend) => {
    const y = Float64Array.from(observed.y);
    y[count + 3] = -0.1;
    const [own] = await likelihoods(
      { backend, model: framed, data: { count, x: observed.x, y }, form: "joint", extended: false },
      [framed],
    );
    const logProb = await own!.logProb(nu);
    const { nll, gradient } = await own!.evaluate(Float64Array.from(nu), 1);
    await own!.close();
    assert.equal(
      Array.from(logProb.keys()).filter((i) => logProb[i] === Number.NEGATIVE_INFINITY),
      [3],
    );
    assert.ok(logProb.every((value, i) => i === 3 || Number.isFinite(value)));
    assert.is(nll, Number.POSITIVE_INFINITY);
    assert.ok(gradient!.every(Number.isFinite));
  }));

test("samples are in the units of the features", () =>
  withBackends(async (backend) => {
    const drawn = async (own: MixtureModel) => {
      const sampler = await openSampler(backend, own);
      const x = await sampler.sampleX(1, nu, 20, { seed: 1, purpose: "x" });
      const y = await sampler.sampleY(1, nu, x, { seed: 1, purpose: "y" });
      await sampler.close();
      return { x, y };
    };
    const [plain, got] = [await drawn(model), await drawn(framed)];
    close(got.x, leaveFrame(frame.x, plain.x), { absolute: 1e-9, relative: 1e-9 }, "x");
    close(got.y, leaveFrame(frame.y, plain.y), { absolute: 1e-9, relative: 1e-9 }, "y");
  }));

test("T, its volume and its displacements are in the units of y", () =>
  withBackends(async (backend) => {
    const applied = async (own: MixtureModel, sample: Data) => {
      const request = { backend, model: own, sample, variations: [{ name: "nominal", nu }] } as const;
      for await (const found of applyTransport({ ...request, direction: "to-simulation" })) return found;
      throw new Error("nothing was applied");
    };
    const [plain, got] = [await applied(model, inFrame), await applied(framed, observed)];
    for (const f of [0, 1]) {
      const wanted = leaveFrame(frame.y, plain.y[f]!);
      close(got.y[f]!, wanted, { absolute: 1e-9, relative: 1e-9 }, "y");
      const end = logSlopes(frame.y, wanted)!;
      const volume = plain.logDet![f]!.map((value, i) => value + slopes.y[i]! - end[i]!);
      close(got.logDet![f]!, volume, ofDifferences, "log det");
    }
    const points = [nu, nu.map((value) => value + 0.1)];
    const fields = await displacements({ backend, model: framed, x: observed.x, y: observed.y, count, points });
    for (const f of [0, 1])
      close(
        fields.nominal[f]!,
        got.y[f]!.map((value, i) => value - observed.y[i]!),
        { absolute: 1e-7, relative: 1e-7 },
      );
  }));

test("a model keeps its transformations in a file, with every bit", () => {
  assert.equal(mixtureFromTensors("file", mixtureToTensors(framed)).frame, frame);
});

test("transformations that are none are refused", () => {
  const bad = { ...frame.x, transforms: [{ kind: "cube" }] } as unknown as ModelFrame["x"];
  assert.throws(
    () => mixtureToTensors({ ...framed, frame: { ...frame, x: bad } }),
    /model: frame of x: expected a transformation for each of 1 features, got \[\{"kind":"cube"\}\]/,
  );
});

const ones = new Float32Array(2000).fill(1);
const heavy = Float64Array.from({ length: 2000 }, (_, i) => Math.exp(Math.exp((i + 0.5) / 900)));

test("a frame is fitted with what is asked for each feature", () => {
  const request = { choice: "auto", extremes: [0, 100], edges: [undefined, undefined] } as const;
  const two = Float64Array.from([...heavy, ...heavy.map((_, i) => Math.sin(i))]);
  const found = frameOf(two, ones, "x", [
    { ...request, choice: "log" },
    { ...request, choice: "none" },
  ])!;
  assert.equal(found.transforms, [{ kind: "log" }, { kind: "none" }]);
  assert.is(frameOf(two.subarray(2000), ones, "x", [{ ...request, choice: "none" }]), undefined);
});

test("a rank of too few events is refused by name", () => {
  const request = { choice: "rank", extremes: [0, 1], edges: [undefined, undefined] } as const;
  assert.throws(
    () => frameOf(Float64Array.of(1, 2, 3), Float32Array.of(1, 1, 1), "y", [request]),
    /transform of y1: expected enough different values for rank, got 3\.00 effective events from 1 to 3\. Take another/,
  );
});

test("a mean volume is that of the events that have a density", () => {
  const edge = { transforms: [bounded], shift: [0], scale: [4] };
  const column = Float64Array.of(-5, 3, 6);
  const own = logSlopes(edge, column)!;
  assert.is(own[0], Number.NEGATIVE_INFINITY);
  const wanted = Math.log(4) - (own[1]! + 3 * own[2]!) / 4;
  close([meanLogVolume(edge, column, Float64Array.of(1, 1, 3))], [wanted], tolerances.f64);
});

test("a loss of several samples lacks the mean volume, weighted as in the training", () => {
  const part = (process: number, x: Float64Array) => ({ process, at: [], count: x.length, x });
  const parts = [part(0, Float64Array.of(3)), part(1, Float64Array.of(5, 6, 7))];
  const own = logSlopes({ transforms: [bounded], shift: [0], scale: [1] }, Float64Array.of(3, 5, 6, 7))!;
  // By the roots of 1 and 3 events.
  const root = Math.sqrt(3);
  const wanted = -(own[0]! + (root * (own[1]! + own[2]! + own[3]!)) / 3) / (1 + root);
  const found = meanLogVolumeOf(parts, "x", { x: { transforms: [bounded], shift: [0], scale: [1] } });
  close([found], [wanted], { absolute: 1e-7, relative: 1e-7 });
});

test("simulation of all processes makes one frame", () => {
  const parts = [0, 1].map((process) => ({ process, at: [], count: heavy.length, x: heavy }));
  const request = { choice: "rank", extremes: [heavy[0]!, heavy[1999]!], edges: [undefined, undefined] } as const;
  const found = frameOfSimulation(parts, false, { x: [request] })!;
  assert.is(found.x.transforms?.[0]?.kind, "rank");
});

test.run();
