/** Keys of the steps of a composition hold what their numbers follow from: what each key of the file repeats, and nothing else. */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import { commonOf } from "../../../../workflow/common-inputs.js";
import { readComposition } from "../../../../workflow/configuration/composition/composition-file.js";
import { compositionTable } from "../../../../workflow/configuration/composition-table.js";
import type { Entry } from "../../../../workflow/configuration/entries.js";
import { plannedSteps, readPlans, stepsOf } from "../../../../workflow/recipes/composition.js";
import { passingSteps } from "../../../../workflow/store/step-store.js";
import { hdf5File } from "../../../io/hdf5/files.js";
import { compositionFiles, type Files } from "../../composition-sample.js";

const BASE = `name: base
columns: { m: { range: [100, 180] }, k: { values: [0, 1] } }
samples: { data: { file: data.npz, columns: { m: mass }, weight: w }, more: more.npz }
parameters:
  a: 300
  b: { start: 5000, range: [0, 1e6] }
  c: { start: 0.02, constraint: { normal: { observed: 0.02, sigma: 0.001 } } }
functions: { twice: { product: [2, a] } }
densities:
  flat: { uniform: m }
  falling: { exponential: { x: m, c: c } }
  one: { mixture: { flat: twice, falling: b } }
  two: { mixture: { falling: b } }
likelihoods:
  first: { density: one, sample: data }
  second: { channels: { x: { density: two, sample: more, extended: true, region: { m: [[100, 170]] } } } }
fit: { minos: true }
scan: { parameters: [b], pairs: [[b, c]] }
impacts: { parameters: [b], groups: { all: [a, c], shape: [c] } }
`;

const stepsIn = (name: string) => [
  `fit.${name}`,
  `minos.${name}`,
  `scan.${name}.b`,
  `scan.${name}.b+c`,
  `impacts.${name}`,
  `projections.${name}`,
  `bands.${name}`,
];
const [FIRST, SECOND] = [stepsIn("first"), stepsIn("second")];
const ALL = [...FIRST, ...SECOND];
const of = (kind: string) => ALL.filter((name) => name.startsWith(kind));
const PAIRS = of("scan").filter((name) => name.endsWith("b+c"));
const SINGLE = of("scan").filter((name) => !PAIRS.includes(name));

/** By path in the table, `*` for any name: another value, and the steps that have another key with it. */
const CASES: Readonly<Record<string, readonly [set: string, repeated: readonly string[], base?: readonly string[]]>> = {
  name: ["name=other", []],
  output: ["output=elsewhere", []],
  seed: ["seed=2", ALL],
  "columns.*.range": ["columns.m.range=[100, 175]", ALL],
  // The sample of the first likelihood has a column of its own for it.
  "columns.*.expression": ["columns.m.expression=m + 0.25", SECOND],
  "columns.*.values": ["columns.k.values=[0, 1, 2]", []],
  "samples.*.file": ["samples.more=less.npz", SECOND],
  "samples.*.columns.*": ["samples.data.columns.m=other", FIRST],
  "samples.*.missing.*": [
    "samples.more.missing={'of_f4[0]': 7}",
    SECOND,
    ["samples.more={file: lists.h5, columns: {m: 120 + l, l: 'of_f4[0]'}, missing: {'of_f4[0]': 5}}"],
  ],
  "samples.*.where": ["samples.data.where=mass < 170", FIRST],
  "samples.*.weight": ["samples.data.weight=v", FIRST],
  "parameters.*.start": ["parameters.a.start=301", FIRST],
  "parameters.*.range": ["parameters.b.range=[0, 1e5]", ALL],
  "parameters.*.constraint": ["parameters.c.constraint.normal.sigma=0.002", ALL],
  "parameters.*.fixed": ["parameters.a.fixed=true", FIRST],
  "functions.*": ["functions.twice.product=[3, a]", FIRST],
  "densities.*": ["densities.falling.exponential.c=0.02", ALL],
  "likelihoods.*.density": ["likelihoods.first.density=two", FIRST],
  "likelihoods.*.sample": ["likelihoods.first.sample=more", FIRST],
  "likelihoods.*.extended": ["likelihoods.first.extended=false", FIRST],
  "likelihoods.*.region.*": ["likelihoods.first.region={m: [[110, 180]]}", FIRST],
  "likelihoods.*.channels.*.density": ["likelihoods.second.channels.x.density=one", SECOND],
  "likelihoods.*.channels.*.sample": ["likelihoods.second.channels.x.sample=data", SECOND],
  "likelihoods.*.channels.*.extended": ["likelihoods.second.channels.x.extended=false", SECOND],
  "likelihoods.*.channels.*.region.*": ["likelihoods.second.channels.x.region.m=[[100, 160]]", SECOND],
  // Of files that are kept whole either way.
  "memory.rows": ["memory.rows=5", []],
  "fit.minos": ["fit.minos=false", of("minos")],
  "scan.parameters": ["scan.parameters=[c]", [...SINGLE, "scan.first.c", "scan.second.c"]],
  "scan.pairs": ["scan.pairs=[[a, b]]", [...PAIRS, "scan.first.a+b"]],
  "scan.points": ["scan.points=9", SINGLE],
  "scan.grid": ["scan.grid=9", PAIRS],
  "scan.range": ["scan.range=2", of("scan")],
  "impacts.parameters": ["impacts.parameters=[a]", of("impacts")],
  "impacts.definitions": ["impacts.definitions=[covariance]", of("impacts")],
  // The second likelihood has no a.
  "impacts.groups.*": ["impacts.groups.all=[c]", ["impacts.first"]],
  "report.bins": ["report.bins=20", [...of("projections"), ...of("bands")]],
};

let files: Files;
test.before(async () => {
  files = await compositionFiles();
  const m = [101, 105, 111, 120, 144, 158, 165, 172, 178];
  const w = m.map(() => 1);
  await files.sample("data.npz", { mass: m, other: m.map((own) => own - 0.5), w, v: w.map((_, i) => 1 + i / 10) });
  await files.sample("more.npz", { m });
  copyFileSync(hdf5File("lists.h5"), join(files.folder, "lists.h5"));
  await files.sample("less.npz", { m: m.slice(1) });
});
test.after(() => files.remove());

const signal = new AbortController().signal;
const silent = { signal, warn() {}, progress: { begin: () => ({ update() {}, done() {} }), note() {} } };

/** Keys of all steps by name. */
async function keysOf(...set: readonly string[]): Promise<Map<string, string>> {
  const analysis = await readComposition(BASE, `${files.folder}/a.yaml`, { set });
  const backend = referenceBackend();
  const common = commonOf(analysis, backend);
  const context = { ...silent, analysis, backend, common, store: passingSteps(common) };
  const read = await readPlans(analysis, silent);
  return new Map(
    read.flatMap((own) => stepsOf(plannedSteps(context, own)).map(({ name, key }) => [name, key] as const)),
  );
}

/** Paths of the table down to what is a value, or one of several kinds. */
function pathsIn(entry: Entry, path: readonly string[] = []): string[] {
  if (entry.kind === "section") return Object.entries(entry.keys).flatMap(([key, own]) => pathsIn(own, [...path, key]));
  if (entry.kind === "map") return pathsIn(entry.item, [...path, "*"]);
  return [path.join(".")];
}

test("every key of the file has a case here", () => {
  assert.equal(Object.keys(CASES).sort(), pathsIn(compositionTable).sort());
});

test("the steps of the base", async () => {
  assert.equal([...(await keysOf()).keys()], ALL);
});

for (const [path, [set, repeated, base = []]] of Object.entries(CASES)) {
  test(`${path} repeats what follows from it`, async () => {
    const [before, after] = [await keysOf(...base), await keysOf(...base, set)];
    const names = [...new Set([...before.keys(), ...after.keys()])];
    const changed = names.filter((name) => before.get(name) !== after.get(name));
    assert.equal(changed.sort(), [...repeated].sort());
  });
}

test("the names of a density and of the parts that no likelihood reaches change nothing", async () => {
  assert.equal(await keysOf("densities.unused={uniform: m}", "parameters.idle=3"), await keysOf());
});

test.run();
