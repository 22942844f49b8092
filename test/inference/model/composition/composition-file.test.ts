/** Files of compositions: a round trip changes no bit, and damaged or hostile ones are refused in one sentence. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { UsageError } from "../../../../engine/errors.js";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import { parseExpression } from "../../../../inference/expressions/parse.js";
import { type Composition, checkedComposition } from "../../../../inference/model/composition/composition.js";
import {
  compositionFromTensors,
  compositionToTensors,
} from "../../../../inference/model/composition/composition-file.js";
import { compositionParameters } from "../../../../inference/model/composition/composition-parameters.js";
import { drawEvents } from "../../../../inference/model/composition/draw-events.js";
import { readSafetensors, writeSafetensors } from "../../../../io/safetensors.js";
import { cpuSeconds } from "../../../support/cpu-time.js";
import { logProbOf } from "../densities/evaluate-density.js";
import { allSamples, densitySamples, parameter } from "../densities/samples.js";
import { allFunctionSamples, compositionOf } from "../functions/samples.js";

const KEY = "unbinned.composition";

const bitsOf = (values: Float64Array) => [...new BigUint64Array(values.slice().buffer)].join();

/** Written to a file, and read. */
async function throughFile(composition: Composition) {
  const folder = mkdtempSync(join(tmpdir(), "composition-"));
  try {
    const path = join(folder, "c.safetensors");
    const { tensors, metadata } = compositionToTensors(composition);
    await writeSafetensors(path, tensors, metadata);
    return compositionFromTensors("c.safetensors", await readSafetensors(path));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function checkEqual(read: Composition, composition: Composition): void {
  const { metadata } = compositionToTensors(composition);
  assert.is(compositionToTensors(read).metadata[KEY], metadata[KEY]);
  const [own, wanted] = [compositionParameters(read), compositionParameters(composition)];
  assert.equal(Object.keys(own).sort(), Object.keys(wanted).sort());
  for (const [name, values] of Object.entries(wanted)) assert.is(bitsOf(own[name]!), bitsOf(values), name);
}

for (const { name, composition, density, given = [{}] } of allSamples) {
  test(`${name}: a round trip through its file changes no bit`, async () => {
    const read = await throughFile(composition);
    checkEqual(read, composition);
    const conditions = Object.fromEntries(
      Object.entries(given[0]!).map(([column, value]) => [column, new Float64Array(5).fill(value)]),
    );
    const request = { density, count: 5, given: conditions, seed: 1, purpose: "file" };
    const events = await drawEvents({ composition: checkedComposition(composition), ...request });
    assert.equal(await drawEvents({ composition: read, ...request }), events);
    const columns = { ...events, ...conditions };
    const [own, wanted] = [
      await logProbOf(referenceBackend(), read, density, columns),
      await logProbOf(referenceBackend(), checkedComposition(composition), density, columns),
    ];
    assert.is(bitsOf(own), bitsOf(wanted));
  });
}

for (const sample of allFunctionSamples) {
  test(`${sample.name}: a round trip of its composition changes no bit`, async () => {
    checkEqual(await throughFile(compositionOf(sample)), compositionOf(sample));
  });
}

test("numbers that JSON has no text for come back", async () => {
  const composition: Composition = {
    parameters: [
      parameter("a", -0, {
        range: [Number.NEGATIVE_INFINITY, 5e-324],
        constraint: { kind: "normal", observed: 0.1, sigma: 1 / 3 },
      }),
      parameter("b", 1 / 3, { isFixed: true, constraint: { kind: "poisson", observed: 12, scale: 40 } }),
    ],
    columns: { m: { range: [2, Number.POSITIVE_INFINITY] }, n: { values: [-0, 1.7976931348623157e308] } },
    densities: { e: { kind: "exponential", x: "m", c: "b" } },
  };
  const read = await throughFile(composition);
  assert.equal(read.parameters, composition.parameters);
  assert.equal(read.columns, composition.columns);
  assert.ok(Object.is(read.parameters[0]!.start, -0));
  assert.ok(Object.is(read.columns.n!.values![0], -0));
});

test("densities whose names begin with the names of others keep their own weights", async () => {
  const [{ composition }] = densitySamples.flow as [(typeof allSamples)[0]];
  const { f } = composition.densities;
  const [other] = Object.values(densitySamples.ensemble[1]!.composition.densities);
  const both: Composition = { ...composition, densities: { a: f!, "a.flow.b": other!, __same__: f! } };
  checkEqual(await throughFile(both), both);
});

test("an expression of a thousand terms, which is a tree as deep, comes back as it was", async () => {
  const text = Array.from({ length: 1000 }, (_, i) => `a*${i / 8}`).join("+");
  const composition: Composition = {
    parameters: [parameter("a", 1)],
    columns: { m: { range: [0, 1] } },
    functions: { f: { kind: "expression", expression: await parseExpression(text, "a test") } },
    densities: { u: { kind: "uniform", x: "m" } },
  };
  checkEqual(await throughFile(composition), composition);
});

/** A flow, a morph, a transport and a network: everything that files hold. */
const parts = [densitySamples.mixture[2]!, densitySamples.morphed[0]!].map(({ composition }) => composition);
const whole: Composition = {
  parameters: [
    ...parts.flatMap(({ parameters }) => parameters),
    parameter("lumi", 1, { range: [0.5, 2], constraint: { kind: "log-normal", observed: 1, kappa: 1.02 } }),
  ],
  columns: Object.assign({}, ...parts.map(({ columns }) => columns), { m: { range: [-1.5, 2.5] } }),
  functions: Object.assign({}, ...parts.map(({ functions }) => functions)),
  densities: {
    ...Object.assign({}, ...parts.map(({ densities }) => densities)),
    moved: { kind: "transported", density: "e", affine: { m: { shift: "lumi", scale: 2 } } },
    formula: { kind: "generic", x: "m", expression: await parseExpression("exp(-lumi * m) + m ^ 2 * 3", "a test") },
    side: {
      kind: "truncated",
      density: "e",
      region: {
        m: [
          [-1, 0],
          [1, 2],
        ],
      },
    },
  },
};
const { metadata, tensors } = compositionToTensors(whole);
const FORMULA = ["densities", "formula", "expression", "postfix"];
const sound = metadata[KEY]!;

/** "read", or the message of the UsageError; any other error fails the test. */
function answer(text: string, own = tensors): string {
  try {
    compositionFromTensors("c.safetensors", { metadata: { [KEY]: text }, tensors: own });
    return "read";
  } catch (error) {
    assert.instance(error, UsageError, `${(error as Error).stack}`);
    return (error as Error).message;
  }
}

/** Paths of all values in JSON. */
function paths(data: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof data !== "object" || data === null) return [path];
  return [path, ...Object.entries(data).flatMap(([key, inner]) => paths(inner, [...path, key]))];
}

/** The sound metadata with another value, given as JSON text, at a path. */
function changed(path: readonly string[], value: string): string {
  const mark = "a mark that stands nowhere else";
  const root = JSON.parse(`{"data":${sound}}`);
  let holder = root;
  for (const key of ["data", ...path].slice(0, -1)) holder = holder[key];
  Object.defineProperty(holder, path.at(-1) ?? "data", { value: mark, enumerable: true });
  return JSON.stringify(root.data).replace(JSON.stringify(mark), () => value);
}

const HOSTILE = [
  "null",
  "true",
  "-1",
  "1e999",
  '"x"',
  '"__proto__"',
  '"constructor"',
  "[]",
  "{}",
  '{"number":"-0"}',
  '{"number":"Infinity"}',
  '{"__proto__":{"range":[0,1]}}',
  '{"kind":"constructor"}',
  '{"architecture":{},"tensors":"densities.f.flow"}',
  `${"[".repeat(5000)}${"]".repeat(5000)}`,
  JSON.stringify("x".repeat(1e5)),
];

test("what files may hold is read as it is", () => {
  assert.is(answer(sound), "read");
});

test("damaged metadata are read, or refused in one sentence with the file's name, at once", () => {
  const all = paths(JSON.parse(sound));
  assert.ok(all.length > 80, `only ${all.length} places`);
  let refused = 0;
  const start = cpuSeconds();
  for (const path of all) {
    for (const value of HOSTILE) {
      const said = answer(changed(path, value));
      if (said === "read") continue;
      refused += 1;
      assert.ok(said.startsWith("c.safetensors"), said);
      assert.ok(said.length < 2000, `${path.join(".")}: a message of ${said.length} letters`);
    }
  }
  const tried = all.length * HOSTILE.length;
  assert.ok(refused > 0.7 * tried, `only ${refused} of ${tried} were refused`);
  assert.ok(cpuSeconds() - start < 60, `${cpuSeconds() - start} s for ${tried} texts`);
});

test("other damage is named", () => {
  assert.match(answer("{"), /a composition in JSON, got "\{"/);
  assert.match(answer("[".repeat(1e6)), /a composition in JSON/);
  assert.match(
    answer(changed(["densities", "f", "flow", "architecture", "context"], "1000000000")),
    /at most 65536 context/,
  );
  assert.match(answer(changed(["densities", "f", "flow", "tensors"], '"densities.none.flow"')), /missing/);
  assert.match(answer(changed(["densities", "moved", "kind"], '"magic"')), /a kind of density \(gaussian/);
  assert.match(answer(changed(["densities", "moved", "affine"], '{"m":{"shift":{"number":"x"}}}')), /shift and scale/);
  assert.match(answer(changed(FORMULA, "[1, 2]")), /an expression as a list of numbers, names/);
  assert.match(answer(changed(FORMULA, '[{"operator":"+"}]')), /each behind its operands, got \{"operator":"\+"\}/);
  assert.match(answer(changed(FORMULA, '[1,{"call":"constructor"}]')), /got \{"call":"constructor"\}/);
  for (const node of ['{"kind":"name","name":"m","at":1}', '{"kind":"number","value":"x"}', '{"kind":"call"}']) {
    assert.match(answer(changed(FORMULA.slice(0, 3), node)), /expected expressions as postfix/);
  }
  assert.match(answer(changed(["columns"], '{"__proto__":{"range":[0,1]}}')), /__proto__/);
  const more = new Map([...tensors, ["densities.g.flow.x", { shape: [1], data: Float64Array.of(1) }] as const]);
  assert.match(answer(sound, more), /tensors of its densities and functions alone, got .*densities\.g/);
  const [first] = tensors.keys();
  const notFinite = new Map(tensors).set(first!, {
    ...tensors.get(first!)!,
    data: tensors.get(first!)!.data.map(() => Number.NaN),
  });
  assert.match(answer(sound, notFinite), /finite numbers/);
  assert.throws(
    () => compositionFromTensors("c.safetensors", { metadata: {}, tensors }),
    (error: Error) => error.message.includes('metadata "unbinned.composition"'),
  );
});

test.run();
