import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { UsageError } from "../../../engine/errors.js";
import { autoregressiveFlow, initialise } from "../../../flows/architecture/architecture.js";
import { fromTensors, toTensors } from "../../../flows/formats/checkpoint.js";
import { type ForeignTensor, loadFactorizable, loadNsf, loadSplines } from "../../../flows/formats/zuko.js";
import { named, type Tensor, updated } from "../../../flows/networks/weights.js";
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
