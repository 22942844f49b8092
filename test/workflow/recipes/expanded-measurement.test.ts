/** A measurement as a graph, without a run and with one: `unbinned expand`. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { parse } from "yaml";
import { writeNpz } from "../../../io/index.js";
import { runInProcess } from "../../cli/in-process.js";
import { TINY_TOY } from "../../cli/tiny-toy.js";
import { randomNumbers } from "../../support/random-numbers.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-expanded-"));
test.after(() => rmSync(folder, { recursive: true }));

function written(name: string, text: string): string {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, text);
  return file;
}

const TOY = `
name: Tiny toy
seed: 3
observables: { x: { features: 2, labels: [first, second] }, y: { features: 2 } }
simulation: { generator: doi-toy, events: 4000, heldOut: 0.2 }
data: { generator: doi-toy, events: 300 }
transport: { transforms: 1, bins: 3, hidden: [4], training: { epochs: 2, batch: 100 } }
fit: { secondStart: 0 }
${TINY_TOY}`;

async function expanded(file: string, ...more: readonly string[]) {
  const { code, out, error } = await runInProcess(["expand", file, ...more]);
  assert.is(code, 0, error);
  return parse(out);
}

async function trained(file: string, name: string) {
  const out = join(folder, name);
  // 4 where a check fails, as after such short trainings some do: the results are there.
  const { code, error } = await runInProcess(["run", file, "--threads", "1", "--out", out]);
  assert.ok(code === 0 || code === 4, error);
  return expanded(file, "--run", out);
}

/** What the plan says besides, and what only samples say. */
const BESIDES = ["steps", "train", "training", "decided_by_run", "frame", "givenFrame"];

/** Every entry of the trained graph is that of the plan, or a number where that has null; gives the paths of these. */
function decidedIn(plan: unknown, found: unknown, path = ""): string[] {
  if (plan === null) {
    assert.type(found, "number", path);
    return [path];
  }
  if (typeof plan !== "object") {
    assert.equal(found, plan, path);
    return [];
  }
  const [own, other] = [plan, found].map((entry) =>
    Object.entries(entry as object).filter(([key]) => !BESIDES.includes(key)),
  );
  assert.equal(
    own!.map(([key]) => key),
    other!.map(([key]) => key),
    path,
  );
  return own!.flatMap(([key, value], i) => decidedIn(value, other![i]![1], `${path}.${key}`));
}

type Named = { readonly name: string; readonly type: string };
const byName = <T extends Named>(all: readonly T[], name: string) => all.find((own) => own.name === name)!;

test("the plan of a measurement is the graph of its run, but for what is null in it; nothing is read or trained", async () => {
  const file = written("toy", TOY);
  const plan = await expanded(file);
  assert.equal(
    plan.distributions.map(({ name, type }: Named) => [name, type]),
    [
      ["x nominal", "flow"],
      ["x", "morphed"],
      ["y nominal", "flow"],
      ["y", "morphed"],
      ["y of response", "morphed"],
      ["y of T", "transported_dist"],
      ["x and y", "product_dist"],
      ["events", "categories_dist"],
    ],
  );
  const found = await trained(file, "toy");
  assert.equal(decidedIn(plan, found), [
    ".distributions.3.nuisances.0",
    ".distributions.3.nuisances.1",
    ".distributions.4.morph.architecture.nuisances.0.nominal",
    ".distributions.4.morph.architecture.nuisances.1.nominal",
  ]);
  assert.equal(
    found.parameter_points.map(({ name }: Named) => name),
    ["shift", "squeeze"],
  );
  assert.is(found.constraints[0].type, "gaussian_dist");
  assert.equal(found.distributions[5].of, ["y1", "y2"]);
  assert.equal(found.distributions[5].given, ["process", "x1", "x2"]);
  assert.is(found.distributions[5].flow.architecture.kind, "autoregressive");
  assert.ok(found.distributions[5].flow.numbers > 10);
  assert.equal(found.likelihoods, [{ name: "data", distribution: "events", extended: true }]);
});

test("the plan names the steps of its trainings as `unbinned steps` does", async () => {
  const file = written("steps", TOY);
  const { out } = await runInProcess(["steps", file, "--json", "--threads", "1", "--out", join(folder, "none")]);
  const rows: readonly Named[] = JSON.parse(out).steps ?? JSON.parse(out);
  const known = rows.map(({ name }) => name);
  const { distributions } = await expanded(file);
  const steps = distributions.flatMap(({ steps = [] }: { readonly steps?: readonly string[] }) => steps);
  assert.equal(
    steps.filter((name: string) => !known.includes(name)),
    [],
  );
  assert.equal(steps.slice(0, 3), ["x.nominal", "x.morph.single.shift", "x.morph.single.squeeze"]);
  assert.equal(steps.slice(-2), ["response", "transport"]);
  assert.is(byName<Named & { train: unknown[] }>(distributions, "x").train.length, 4);
});

/** One mass and two processes, whose samples have weights: the yields follow the shape nuisances, of `tilt` on one side. */
const FILES = `
seed: 3
observables: { x: { features: 1, columns: [mass] } }
likelihood: { observables: [x] }
simulation: { weight: w }
processes:
  peak: { yield: 300, samples: [{ file: peak.npz }, { file: peak-up.npz, at: { width: 1 } }, { file: peak-down.npz, at: { width: -1 } }] }
  wide: { yield: 700, samples: [{ file: wide.npz }, { file: wide-up.npz, at: { tilt: 1 } }] }
nuisances: { width: { processes: [peak] }, tilt: { processes: [wide] }, rate: { kind: rate, kappa: 0.1 } }
data: { file: data.npz }
flows: { x: { kind: affine, transforms: 1, hidden: [2], training: { epochs: 2, batch: 200 } } }
morph: { x: { kind: affine, hidden: [2], training: { epochs: 2, batch: 200 } } }
scan: { points: 3, range: 1, pairs: [] }
impacts: { enabled: false }
report: { bins: 8 }
`;

test("of samples with weights yields follow shapes, in the plan with ratios that are not known; morphs and transformations are said to be", async () => {
  const file = written("files", FILES);
  const random = randomNumbers(5);
  const normal = () => (random() + random() + random() + random() - 2) * Math.sqrt(3);
  const write = async (name: string, mean: number, width: number, weight: number, events = 800) => {
    const mass = Float64Array.from({ length: events }, () => mean + width * normal());
    const columns = { mass, w: new Float64Array(events).fill(weight) };
    await writeNpz(
      join(folder, name),
      Object.fromEntries(Object.entries(columns).map(([key, data]) => [key, { shape: [events], data }])),
    );
  };
  const plan = await expanded(file);
  await write("peak.npz", 50, 2, 1);
  await write("peak-up.npz", 50, 4, 1.1);
  await write("peak-down.npz", 50, 1, 0.95);
  await write("wide.npz", 60, 20, 1);
  await write("wide-up.npz", 80, 20, 1.2);
  await write("data.npz", 55, 15, 1, 1000);
  assert.equal(decidedIn(plan, await trained(file, "files")), [
    ".functions.0.low",
    ".functions.0.high",
    ".functions.3.kappa",
  ]);
  const [x, morph] = plan.distributions;
  assert.equal(x.train, [
    { process: "peak", file: "peak.npz", weight: "w" },
    { process: "wide", file: "wide.npz", weight: "w" },
  ]);
  assert.equal(
    morph.train.map(({ at }: { at: object }) => at),
    [{ width: 1 }, { width: -1 }, { tilt: 1 }],
  );
  assert.match(x.decided_by_run[0], /observables\.x\.transform: auto/);
  assert.match(morph.decided_by_run[0], /^The morph of width, tilt is the simplest that has learned all/);
});

test.run();
