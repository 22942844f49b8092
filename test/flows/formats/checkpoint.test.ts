import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { UsageError } from "../../../engine/errors.js";
import { Tape } from "../../../engine/tape/tape.js";
import {
  autoregressiveFlow,
  couplingFlow,
  factorizableFlow,
  initialise,
} from "../../../flows/architecture/architecture.js";
import { bindFlow } from "../../../flows/flow.js";
import { fromTensors, toTensors } from "../../../flows/formats/checkpoint.js";
import { type ForeignTensor, loadFactorizable, loadNsf, loadSplines } from "../../../flows/formats/zuko.js";
import { degreeCounts } from "../../../flows/networks/masked-network.js";
import { named, type Tensor, updated } from "../../../flows/networks/weights.js";
import { withStandardisation } from "../../../flows/standardisation.js";
import { readSafetensors, writeSafetensors } from "../../../io/safetensors.js";

const spline = { kind: "spline", bins: 4, bound: 5 } as const;
const architecture = autoregressiveFlow({
  features: 2,
  context: 1,
  transforms: 2,
  hidden: [8],
  transform: spline,
  standardisation: "input",
});

const says = (pattern: RegExp) => (error: Error) => {
  assert.instance(error, UsageError);
  assert.match(error.message, pattern);
  return true;
};

test("a checkpoint gives back the same architecture and weights", () => {
  const weights = initialise(architecture, 1);
  const file = toTensors(architecture, weights);
  const loaded = fromTensors(file, "autoregressive", "coupling");
  assert.equal(loaded.architecture, architecture);
  assert.equal(loaded.weights, weights);
});

test("a flow goes to a file of safetensors and back as its reader gives it, in f64 and f32", async () => {
  const folder = mkdtempSync(join(tmpdir(), "unbinned-checkpoint-"));
  const file = join(folder, "flow.safetensors");
  const weights = initialise(architecture, 1);
  const { tensors, metadata } = toTensors(architecture, weights);
  try {
    await writeSafetensors(file, tensors, metadata);
    const loaded = fromTensors(await readSafetensors(file), "autoregressive");
    assert.equal(loaded, { architecture, weights });
    const inF32 = [...tensors].map(
      ([name, { shape, data }]) => [name, { shape, data: Float32Array.from(data) }] as const,
    );
    await writeSafetensors(file, new Map(inF32), metadata);
    const rounded = fromTensors(await readSafetensors(file));
    assert.is(rounded.architecture.kind, "autoregressive");
    for (const [name, { data }] of rounded.weights) {
      assert.instance(data, Float64Array);
      assert.equal(data, weights.get(name)!.data.map(Math.fround));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("initial weights depend on the seed, name by name", () => {
  const [a, b, c] = [1, 1, 2].map((seed) => initialise(architecture, seed).get("transforms.1.0.weight") as Tensor);
  assert.equal(a, b);
  assert.not.equal(a, c);
  // in = 1 context and 1 feature: uniform in ±1/√2
  assert.ok(a?.data.every((entry) => Math.abs(entry) <= Math.SQRT1_2) && a.data.some((entry) => Math.abs(entry) > 0.4));
});

test("weights of another architecture are refused: names, shapes, kinds, numbers", () => {
  const file = toTensors(architecture, initialise(architecture, 1));
  const other = { ...file, tensors: new Map(file.tensors) };
  other.tensors.delete("transforms.0.1.bias");
  other.tensors.set("extra", { shape: [], data: new Float64Array(1) });
  assert.throws(
    () => fromTensors(other, "autoregressive"),
    says(/weights of another architecture \(missing: transforms\.0\.1\.bias; unexpected: extra\)/),
  );
  const wrong = { ...file, tensors: new Map(file.tensors) };
  wrong.tensors.set("transforms.0.1.bias", { shape: [3], data: new Float64Array(3) });
  assert.throws(() => fromTensors(wrong, "autoregressive"), says(/expected "transforms\.0\.1\.bias" of shape \[22\]/));
  assert.throws(
    () => fromTensors(file, "factorizable"),
    says(/kind factorizable, got weights of another architecture/),
  );
  assert.throws(() => fromTensors({ ...file, metadata: {} }, "coupling"), says(/checkpoint of unbinned/));
  const broken = initialise(architecture, 1);
  (broken.get("transforms.0.1.bias") as Tensor).data[0] = Number.NaN;
  assert.throws(() => toTensors(architecture, broken), says(/finite numbers in "transforms\.0\.1\.bias"/));
});

test("weights go to a program by their full names and come back", () => {
  const weights = initialise(architecture, 1);
  const values = named("flow", weights);
  assert.is(values["flow.transforms.0.0.bias"], weights.get("transforms.0.0.bias")?.data);
  const fresh = updated("flow", weights, { "flow.transforms.0.0.bias": new Float64Array(8).fill(2) });
  assert.is(fresh.get("transforms.0.0.bias")?.data[3], 2);
  assert.equal(fresh.get("transforms.0.1.bias"), weights.get("transforms.0.1.bias"));
});

test("constants of the training sample are stored, and are not trainable", () => {
  const flow = bindFlow(new Tape(), architecture, "flow");
  assert.ok(flow.tensors.has("standardisation.features.scale"));
  assert.not.ok(flow.trainable.has("flow.standardisation.features.scale"));
  assert.ok(flow.trainable.has("flow.transforms.0.0.weight"));
  const moments = { mean: Float64Array.of(1, 2), standardDeviation: Float64Array.of(3, 4) };
  const weights = withStandardisation(initialise(architecture, 1), { features: moments });
  assert.equal([...(weights.get("standardisation.features.scale") as Tensor).data], [3, 4]);
  assert.throws(
    () => withStandardisation(weights, { features: moments, context: moments }),
    says(/expected 1 numbers for "standardisation\.context\.shift", got 2/),
  );
});

test("units spread over degrees in blocks of four; without context none sees nothing", () => {
  assert.equal(degreeCounts(128, 3, 2), [44, 40, 44]);
  assert.equal(degreeCounts(128, 2, 0), [0, 128]);
  assert.equal(degreeCounts(5, 3, 1), [2, 1, 2]);
});

test("architectures that cannot be are refused", () => {
  const base = { features: 2, transforms: 1, hidden: [8] };
  assert.throws(() => autoregressiveFlow({ ...base, features: 0, transform: spline }), says(/at least one feature/));
  assert.throws(
    () => autoregressiveFlow({ ...base, transform: { ...spline, bins: 1 } }),
    says(/at least 2 bins, got 1/),
  );
  assert.throws(
    () => autoregressiveFlow({ ...base, transform: spline, orders: [[0, 0]] }),
    says(/an order of 2 features, got \[0,0\]/),
  );
  assert.throws(
    () => couplingFlow({ ...base, features: 1, transform: spline }),
    says(/some but not all of 1 features to be passive/),
  );
  const factorizable = { features: 2, layers: 1, hidden: [8], nuisances: [{}, {}] };
  assert.throws(
    () => factorizableFlow({ ...factorizable, pairs: [[1, 0]] }),
    says(/pairs \(k, l\) of 2 nuisances with k < l/),
  );
  assert.throws(
    () => factorizableFlow({ ...factorizable, standardisation: "input" }),
    says(/nominal values stay in the space of the data/),
  );
  const flow = bindFlow(new Tape(), architecture, "flow");
  assert.throws(() => flow.logProb(new Tape().column("y", [3])), says(/features \[\.\.\., 2\], got \[3\]/));
  assert.throws(() => flow.logProb(new Tape().column("y", [2])), says(/context \[\.\.\., 1\], got none/));
});

const torch = (name: string): Map<string, ForeignTensor> =>
  new Map(
    Object.entries(
      JSON.parse(readFileSync(new URL(`../../../../test/references/torch-${name}.json`, import.meta.url), "utf8"))
        .tensors,
    ),
  );

/** The tensors of a file with one of them changed. */
function changed(name: string, tensor: string, change: (data: number[]) => void): Map<string, ForeignTensor> {
  const tensors = torch(name);
  const old = tensors.get(tensor) as ForeignTensor;
  const data = Array.from(old.data as ArrayLike<number>);
  change(data);
  return tensors.set(tensor, { shape: old.shape, data });
}

test("published weights that do not fit are refused", () => {
  const folder = "transform.transforms";
  const hyper = `${folder}.0.hyper`;
  const load = (tensors: Map<string, ForeignTensor>) => () => loadSplines(tensors, folder);
  const missing = torch("nsf");
  missing.delete(`${hyper}.2.bias`);
  assert.throws(load(missing), says(/hyper\.2\.bias: expected a tensor of this name, got none/));
  const hole = changed("nsf", `${hyper}.2.mask`, (mask) => {
    mask[mask.indexOf(1)] = 0;
  });
  assert.throws(
    load(hole),
    says(/prefix mask of autoregressive degrees, got row \d+: weights of another architecture/),
  );
  const order = changed("nsf", `${folder}.0.order`, (data) => data.reverse());
  assert.throws(load(order), says(/mask: expected .* weights of another architecture/));
  assert.throws(load(torch("maf")), says(/3K - 1 or 3K \+ 1 outputs per feature for K bins, got 2/));
  assert.throws(load(torch("fnf")), says(/at least one entry, got none/));
  const pairs = torch("fnf");
  pairs.delete("transforms.0.pair_nets.0.0.weight");
  assert.throws(
    () => loadFactorizable(pairs, "transforms"),
    says(/pair_nets\.0: expected a masked network, got no layers/),
  );
  const turned = torch("fnf");
  for (const name of turned.keys()) if (name.startsWith("transforms.3")) turned.delete(name);
  assert.throws(
    () => loadFactorizable(turned, "transforms"),
    says(/features in their first order at the end, got \[2,1,0\]/),
  );
  const base = torch("fnf").set("base_model.base.loc", { shape: [3], data: [0, 0.1, 0] });
  assert.throws(() => loadNsf(base, "base_model"), says(/base\.loc: expected a standard normal base/));
});

test.run();
