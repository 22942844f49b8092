/** T as a product: laws of the map and its inverse, with variations, against the mixture's own fields and finite differences. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cpuBackend } from "../../../../engine/cpu/backend.js";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import { factorizableFlow, initialise } from "../../../../flows/architecture/architecture.js";
import type { Weights } from "../../../../flows/networks/weights.js";
import {
  type Applied,
  type ApplyRequest,
  type ApplySample,
  applyTransport,
  countOutside,
  mapVariations,
} from "../../../../inference/measurements/distribution-of-interest/apply.js";
import { displacements } from "../../../../inference/measurements/distribution-of-interest/displacement.js";
import { likelihood } from "../../../../inference/model/likelihood/likelihood.js";
import type { MixtureModel } from "../../../../inference/model/mixture-model.js";
import { testBackends } from "../../../support/backends.js";
import { close, tolerances } from "../../../support/close.js";
import { refusal } from "../../../support/rejects.js";
import { shiftModel } from "../../shift-model.js";
import { torchEvents, torchModel } from "../../torch-mixture.js";
import { withBackend } from "../../with-backend.js";

/** Away from where they are, each weight by another amount; constants of the sample stay. */
const moved = (weights: Weights, size: number): Weights =>
  new Map(
    [...weights].map(([name, { shape, data }]) => [
      name,
      { shape, data: data.map((w, i) => w + size * Math.sin(i + 1)) },
    ]),
  );

const responseArchitecture = factorizableFlow({
  features: 2,
  context: 3,
  hidden: [4],
  layers: 2,
  nuisances: [
    { nominal: 0.2, scale: 0.5 },
    { nominal: -0.1, scale: 0.4 },
  ],
});
const behind: MixtureModel = {
  ...torchModel({ hasTransport: true, hasRates: false }),
  response: { architecture: responseArchitecture, weights: moved(initialise(responseArchitecture, 2), 0.2) },
};
/** The same response in front of T. */
const inFront: MixtureModel = { ...behind, response: { ...behind.response!, actsOn: "data" } };
const model = behind;
const replica = { index: 4, nu: [0, 0], transport: moved(model.transport!.weights, 0.1) };
const NU = [0.4, -0.3];
const MODES = [{ sigma: 0.3, direction: [0.6, 0.8] }];
const variations = mapVariations(model, NU, MODES, [replica]);

const { count } = torchEvents;
const [x, y] = [torchEvents.x, torchEvents.y!];
const process = Int32Array.from({ length: count }, (_, i) => (i % 3 === 0 ? 1 : 0));

const ofSides = [
  [process, behind],
  [1, behind],
  [process, inFront],
  [1, inFront],
] as const;

async function applied(request: ApplyRequest): Promise<Applied[]> {
  const all: Applied[] = [];
  for await (const each of applyTransport(request)) all.push(each);
  return all;
}

const there = (sample: ApplySample, of = variations): Promise<Applied[]> =>
  applied({ backend: referenceBackend(), model, direction: "to-simulation", sample, variations: of });

test("variations by name: the modes up and down where T responds to nu, and every replica", () => {
  assert.equal(
    variations.map(({ name, nu }) => [name, nu]),
    [
      ["nominal", NU],
      ["mode1.up", [0.4 + 0.3 * 0.6, -0.3 + 0.3 * 0.8]],
      ["mode1.down", [0.4 + -0.3 * 0.6, -0.3 + -0.3 * 0.8]],
      ["replica4", NU],
    ],
  );
  const { response: _, ...fixed } = model;
  assert.equal(
    mapVariations(fixed, NU, MODES, []).map(({ name }) => name),
    ["nominal"],
  );
});

for (const { name, precision, create, isSlow } of testBackends()) {
  test(`to simulation and back is where it began, every variation and process, on ${name}`, () =>
    withBackend(create, async (backend) => {
      for (const [own, model] of isSlow ? [[process, behind] as const] : ofSides) {
        const sample = { count, x, y, process: own };
        const forth = await applied({ backend, model, direction: "to-simulation", sample, variations });
        for (const [at, { variation, y: simulated }] of forth.entries()) {
          const back = { ...sample, y: simulated[0]! };
          const request = { backend, model, sample: back, variations: [variation] };
          const [again] = await applied({ ...request, direction: "to-data" });
          // Steep splines amplify the rounding of the way there.
          const scale = precision === "f64" ? 10 : 30;
          const { absolute, relative } = tolerances[precision];
          close(again!.y[0]!, y, { absolute: scale * absolute, relative: scale * relative }, `${variation.name}`);
          assert.ok(Math.max(...simulated[0]!.map((value, i) => Math.abs(value - y[i]!))) > 0.1);
          if (at > 0) continue;
          const sum = again!.logDet![0]!.map((value, i) => value + forth[0]!.logDet![0]![i]!);
          close(sum, new Float64Array(count), { absolute: scale * absolute * 10, relative: 0 }, "logDet");
        }
      }
    }));
}

test("maps of all processes are the field of displacements, and those of each event's process", async () => {
  const backend = referenceBackend();
  const float = { x: Float32Array.from(x), y: Float32Array.from(y) };
  const [nominal, up] = variations;
  const field = await displacements({ backend, model, ...float, count, points: [nominal!.nu, up!.nu] });
  const all = await there({ count, ...float });
  const ofEach = await there({ count, ...float, process });
  for (let f = 0; f < 2; f++) {
    const wanted = field.nominal[f]!.map((value, i) => value + float.y[i]!);
    close(all[0]!.y[f]!, wanted, tolerances.f64, `nominal, process ${f}`);
    const shifted = wanted.map((value, i) => value + field.shifts[0]![f]![i]!);
    close(all[1]!.y[f]!, shifted, tolerances.f64, `mode 1 up, process ${f}`);
  }
  for (const [at, { y: own }] of ofEach.entries()) {
    const wanted = own[0]!.map((_, i) => all[at]!.y[process[i % count]!]![i]!);
    close(own[0]!, wanted, tolerances.f64, variations[at]!.name);
  }
});

test("a replica's map is that of the model with its T", async () => {
  const sample = { count, x, y };
  const [own] = await applied({
    backend: referenceBackend(),
    model: { ...model, transport: { ...model.transport!, weights: replica.transport } },
    direction: "to-simulation",
    sample,
    variations: [variations[0]!],
  });
  const found = await there(sample);
  close(found[3]!.y[1]!, own!.y[1]!, tolerances.f64, "replica");
  assert.ok(Math.abs(found[3]!.y[1]![0]! - found[0]!.y[1]![0]!) > 1e-3);
});

test("logDet is log of the determinant of the slopes, by central differences", async () => {
  const h = 1e-6;
  const at = async (feature: number, step: number) => {
    const shifted = Float64Array.from(y, (value, i) => value + (Math.floor(i / count) === feature ? step : 0));
    return (await there({ count, x, y: shifted, process }, [variations[0]!]))[0]!.y[0]!;
  };
  const slopes = [];
  for (const feature of [0, 1]) {
    const [up, down] = [await at(feature, h), await at(feature, -h)];
    slopes.push(up.map((value, i) => (value - down[i]!) / (2 * h)));
  }
  const [of0, of1] = slopes as [Float64Array, Float64Array];
  const wanted = Float64Array.from({ length: count }, (_, i) =>
    Math.log(Math.abs(of0[i]! * of1[count + i]! - of1[i]! * of0[count + i]!)),
  );
  const [nominal] = await there({ count, x, y, process });
  close(nominal!.logDet![0]!, wanted, { absolute: 1e-6, relative: 1e-6 }, "logDet");
});

test("probabilities are what the likelihood gains when one process has more events", async () => {
  const backend = referenceBackend();
  const data = { count, x, y };
  /** Σ_f N_f p_f(x, y) of every event. */
  const density = async (of: MixtureModel) => {
    const bound = await likelihood({ backend, model: of, data, form: "joint", extended: false });
    const total = of.processes.reduce((sum, { logYield }) => sum + Math.exp(logYield), 0);
    const values = (await bound.logProb(NU)).map((value) => total * Math.exp(value));
    await bound.close();
    return values;
  };
  const [a, b] = model.processes;
  const doubled = { ...model, processes: [{ ...a!, logYield: a!.logYield + Math.LN2 }, b!] };
  const [before, after] = [await density(model), await density(doubled)];
  const wanted = before.map((value, i) => (after[i]! - value) / value);
  const [nominal] = await there(data);
  close(nominal!.probabilities![0]!, wanted, { absolute: 1e-9, relative: 1e-9 }, "p(A)");
  close(
    nominal!.probabilities![1]!,
    wanted.map((p) => 1 - p),
    { absolute: 1e-9, relative: 1e-9 },
    "p(B)",
  );
  assert.ok(Math.min(...wanted) < 0.4 && Math.max(...wanted) > 0.6);
});

test("samples larger than a portion: every event as if it were alone", async () => {
  const many = 2 ** 16 + 100;
  const repeated = (column: ArrayLike<number>) =>
    Float32Array.from({ length: (column.length / count) * many }, (_, i) => {
      return column[Math.floor(i / many) * count + ((i % many) % count)]!;
    });
  const backend = await cpuBackend({ precision: "f32", threads: 2 });
  try {
    const done: number[] = [];
    const sample = { count: many, x: repeated(x), y: repeated(y), process: 1 };
    const of = { backend, model, direction: "to-data", variations: [variations[0]!] } as const;
    const [large] = await applied({ ...of, sample, onEvents: (events) => done.push(events) });
    const [small] = await applied({ ...of, sample: { count, x, y, process: 1 } });
    assert.equal([...large!.y[0]!], [...repeated(small!.y[0]!)]);
    assert.equal([...large!.logDet![0]!], [...repeated(small!.logDet![0]!)]);
    assert.equal(done, [2 ** 16, many]);
  } finally {
    await backend.close();
  }
});

test("counts events outside the box of the splines, in the frame in which they work", () => {
  const { transport } = model;
  const weights = new Map(transport!.weights);
  const constants = (values: readonly number[]) => ({ shape: [2], data: Float64Array.from(values) });
  weights.set("standardisation.features.shift", constants([10, 0]));
  weights.set("standardisation.features.scale", constants([1, 0.5]));
  const framed = { ...model, transport: { ...transport!, weights } };
  // The bound is 5: [5, 15] and [-2.5, 2.5].
  const features = Float64Array.of(14.9, 15.1, 10, 4.9, 10, 1, 2, -2.6, 2.5, 2.6);
  assert.is(countOutside(framed, features, 5), 4);
  assert.is(countOutside(model, Float64Array.of(5, -5.1, 4, 4), 2), 1);
});

test("refuses a model without T, columns of other sizes, and processes that there are not", async () => {
  const refused = async (change: Partial<ApplyRequest>): Promise<string> => {
    const sample = { count, x, y, process };
    const request = {
      backend: referenceBackend(),
      model,
      direction: "to-data",
      sample,
      variations,
      ...change,
    } as const;
    return refusal(() => applied(request));
  };
  const { transport: _, response: __, ...without } = model;
  assert.match(
    await refused({ model: without }),
    /applyTransport: expected a model with a map T of y, got one without/,
  );
  assert.match(
    await refused({ sample: { count, x: y, y } }),
    /expected columns x \[1, count\] and y \[2, count\], got 60 and 60 numbers/,
  );
  const wrong = Int32Array.from(process);
  wrong[7] = 2;
  assert.match(
    await refused({ sample: { count, x, y, process: wrong } }),
    /expected processes from 0 to 1, got 2 at event 7/,
  );
  assert.match(
    await refused({ sample: { count, x, y, process: process.slice(1) } }),
    /expected the process of each of 30 events, got 29/,
  );
  assert.match(
    await refused({ variations: [{ name: "nominal", nu: [1] }] }),
    /expected one finite number for each of 2/,
  );
});

test("simulation at any nu, mapped to data, has the distribution of the data: shifts in closed form", async () => {
  // Simulation at ν is z - b·ν, data are z - b·ν - t - r·(ν - ν_0), z standard normal.
  const [b, t, r, origin] = [[0.7, -0.4], 0.3, [0.2, 0.1], [0.5, -0.25]] as const;
  const z = Float64Array.of(-1.5, -0.2, 0.4, 2);
  const along = (slopes: readonly number[], nu: readonly number[]) =>
    slopes.reduce((total, slope, k) => total + slope * nu[k]!, 0);
  const own = { events: 10, a: [0, 0], b, t };
  const nu = [0.8, -0.6];
  const answer = {
    fixed: z.map((value) => value - along(b, nu) - t),
    responding: z.map((value) => value - along(b, nu) - t - along(r, [nu[0]! - origin[0], nu[1]! - origin[1]])),
  };
  const responding = shiftModel({ ...own, r, origin });
  const inFront = shiftModel({ ...own, r, origin, actsOn: "data" });
  for (const [kind, model] of [
    ["fixed", shiftModel(own)],
    ["responding", responding],
    ["responding", inFront],
  ] as const) {
    for (const simulatedAt of [[0, 0], [1, 0.5], nu]) {
      const simulated = z.map((value) => value - along(b, simulatedAt));
      for (const f of [0, undefined]) {
        const sample = { count: z.length, x: new Float64Array(z.length), ...(f !== undefined && { process: f }) };
        const at = {
          backend: referenceBackend(),
          model,
          simulatedAt,
          variations: [{ name: "nominal", nu }],
        };
        const [data] = await applied({ ...at, direction: "to-data", sample: { ...sample, y: simulated } });
        close(data!.y[0]!, answer[kind], tolerances.f64, `${kind}, simulated at ${simulatedAt}`);
        const [back] = await applied({ ...at, direction: "to-simulation", sample: { ...sample, y: data!.y[0]! } });
        close(back!.y[0]!, simulated, tolerances.f64, `${kind}, back to ${simulatedAt}`);
      }
    }
  }
});

test("simulation at another nu and back: the same events, and opposite log dets", async () => {
  const simulatedAt = [-0.7, 0.9];
  const sample = { count, x, y, process };
  const common = { backend: referenceBackend(), model, simulatedAt, variations: variations.slice(0, 1) };
  const [data] = await applied({ ...common, direction: "to-data", sample });
  const [unmoved] = await applied({ ...common, simulatedAt: undefined, direction: "to-data", sample });
  assert.ok(data!.y[0]!.some((value, i) => Math.abs(value - unmoved!.y[0]![i]!) > 0.01));
  const [back] = await applied({ ...common, direction: "to-simulation", sample: { ...sample, y: data!.y[0]! } });
  close(back!.y[0]!, Float64Array.from(y), tolerances.f64);
  close(
    back!.logDet![0]!,
    data!.logDet![0]!.map((value) => -value),
    tolerances.f64,
  );
});

test.run();
