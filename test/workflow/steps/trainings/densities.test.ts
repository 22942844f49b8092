/** A nuisance more or less: the trainings of the others are kept, and would come out the same if they were repeated. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { writeNpz } from "../../../../io/index.js";
import { runInProcess } from "../../../cli/in-process.js";
import { randomNumbers } from "../../../support/random-numbers.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-added-"));
test.after(() => rmSync(folder, { recursive: true }));

/** File and point of every sample; those of c stand between the others. */
const SAMPLES: readonly (readonly [string, Readonly<Record<string, number>>])[] = [
  ["nominal", {}],
  ["a-up", { a: 1 }],
  ["c-up", { c: 1 }],
  ["a-down", { a: -1 }],
  ["b-up", { b: 1 }],
  ["b-more", { b: 1 }],
  ["c-down", { c: -1 }],
  ["corner", { a: 1, b: 1 }],
];

test.before(async () => {
  const random = randomNumbers(11);
  for (const [name, { a = 0, b = 0, c = 0 }] of [...SAMPLES, ["events", { a: 0.5 }] as const]) {
    const x = Float64Array.from({ length: 300 }, () => {
      const z = (random() + random() + random() + random() - 2) * Math.sqrt(3);
      return 0.3 * a + 0.2 * c + 1.1 ** b * z;
    });
    await writeNpz(join(folder, `${name}.npz`), { x: { shape: [300], data: x } });
  }
});

/** Runs the analysis with these nuisances, declared in this order, in an output folder of this name. */
async function run(out: string, nuisances: readonly string[]): Promise<string> {
  const samples = SAMPLES.filter(([, at]) => Object.keys(at).every((name) => nuisances.includes(name)));
  const lines = samples.map(
    ([file, at]) => `      - { file: ${file}.npz, at: ${JSON.stringify(at).replaceAll(":", ": ")} }`,
  );
  const file = join(folder, `${nuisances.join("")}.yaml`);
  const text = `
observables: { x: { features: 1 } }
likelihood: { observables: [x] }
processes:
  only:
    yield: 300
    samples:
${lines.join("\n")}
nuisances: { ${nuisances.map((name) => `${name}: `).join(", ")} }
simulation: { heldOut: 0.2 }
data: { file: events.npz }
flows: { x: { kind: affine, transforms: 1, hidden: [4], training: { epochs: 2, batch: 100 } } }
morph: { pairs: [[a, b]], x: { kind: affine, hidden: [4], training: { epochs: 2, batch: 100 } } }
scan: { nuisances: [a], pairs: [[a, b]], points: 3, grid: 3, range: 1 }
report: { bins: 8 }
`;
  writeFileSync(file, text);
  const ran = await runInProcess(["run", file, "--out", join(folder, out), "--threads", "1"]);
  assert.is(ran.code, 0, ran.error);
  return ran.out;
}

/** Of a and b alone, simple morphs have learned all that the samples show. */
const trained = [
  "x.nominal",
  ...["a", "b"].flatMap((name) => [`x.morph.simple.${name}`, `x.morph.residual.${name}`]),
  "x.morph.joint.a",
];
const trainingsIn = (out: string) =>
  readdirSync(join(folder, out, "steps"))
    .filter((name) => name.startsWith("x.") && name.endsWith(".safetensors"))
    .sort();
const bytes = (out: string, step: string) => readFileSync(join(folder, out, "steps", `${step}.safetensors`));
const stepsKept = (out: string) => [...out.matchAll(/^(x\S*): kept from before/gm)].map(([, name]) => name!);

test("adding a nuisance, and declaring it first, trains it alone; removing it trains nothing", async () => {
  await run("out", ["a", "b"]);
  assert.equal(trainingsIn("out"), trained.map((name) => `${name}.safetensors`).sort());
  const added = await run("out", ["c", "a", "b"]);
  assert.equal(stepsKept(added), trained);
  assert.match(added, /train morph of p\(x\), c:/);
  const removed = await run("out", ["a", "b"]);
  assert.equal(stepsKept(removed), trained);
  assert.not.match(removed, /^train /m);
});

test("trained beside another, declared before and in another order, the weights are the same to the bit", async () => {
  await run("others", ["c", "b", "a"]);
  for (const step of trained) assert.equal(bytes("others", step), bytes("out", step), step);
});

test.run();
