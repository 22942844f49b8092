/** Metadata of a model file that are damaged or made to do harm: one sentence, at once, in little memory. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { UsageError } from "../../../engine/errors.js";
import {
  autoregressiveFlow,
  couplingFlow,
  factorizableFlow,
  initialise,
} from "../../../flows/architecture/architecture.js";
import { LARGEST } from "../../../flows/architecture/limits.js";
import { fromTensors, toTensors } from "../../../flows/formats/checkpoint.js";
import { mixtureFromTensors, mixtureToTensors } from "../../../inference/model/mixture-file.js";
import { cpuSeconds } from "../../support/cpu-time.js";
import { gaussianModelInFront } from "../../support/gaussian-mixture.js";
import { torchModel } from "../torch-mixture.js";

const KEY = "unbinned.mixture";
const { metadata, tensors } = mixtureToTensors(torchModel({ hasTransport: true, hasRates: true }));
const frame = { x: { shift: [0], scale: [1] }, y: { shift: [1e7, 0], scale: [1, 2] } };
const { nuisances, ...others } = JSON.parse(metadata[KEY]!);
const acceptance = [
  { up: 0.2, down: -0.2 },
  { up: null, down: 0.1 },
];
const sound = JSON.stringify({ ...others, frame, nuisances: [{ ...nuisances[0], acceptance }, ...nuisances.slice(1)] });

const answer = (text: string) =>
  attempted(() => mixtureFromTensors("m.safetensors", { metadata: { [KEY]: text }, tensors }));

/** "read", or the message of the UsageError; any other error fails the test. */
function attempted(read: () => unknown): string {
  try {
    read();
    return "read";
  } catch (error) {
    assert.instance(error, UsageError, `${(error as Error).stack}`);
    return (error as Error).message;
  }
}

/** Paths of all values in JSON. */
function paths(data: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof data !== "object" || data === null) return [path];
  return [path, ...Object.entries(data).flatMap(([key, inner]) => paths(inner, [...path, key]))];
}

/** The sound metadata with another value, given as JSON text, at a path; without it where the value is undefined. */
function changed(path: readonly (string | number)[], value: string | undefined, text = sound): string {
  const mark = "a mark that stands nowhere else";
  const root = { data: JSON.parse(text) };
  const holder = path.slice(0, -1).reduce((inner: object, key) => inner[key as never], root.data);
  const key = path.at(-1);
  if (key === undefined) return value ?? "";
  if (value !== undefined) Object.assign(holder, { [key]: mark });
  else if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else delete holder[key as never];
  return JSON.stringify(root.data).replace(JSON.stringify(mark), () => value!);
}

const HOSTILE = [
  undefined,
  "null",
  "1e9",
  "-1",
  "0.5",
  "1e999",
  "true",
  '"__proto__"',
  '"constructor"',
  "[]",
  "{}",
  `[${"[".repeat(20_000)}${"]".repeat(20_000)}]`,
  `[${"1000000,".repeat(1000)}1]`,
];

test("metadata in the words of earlier versions are read as the same model", () => {
  const old = sound
    .replaceAll('"nominal":', '"centre":')
    .replaceAll('.morph":', '.systematics":')
    .replace('"transport":', '"transfer":');
  for (const word of ["centre", "x.systematics", "y.systematics", "transfer"]) {
    assert.ok(old.includes(`"${word}":`) && !sound.includes(word), word);
  }
  const read = (text: string) => mixtureFromTensors("m.safetensors", { metadata: { [KEY]: text }, tensors });
  assert.equal(read(old), read(sound));
});

test("every value of the metadata replaced by every hostile one is read or refused in one sentence", () => {
  const all = paths(JSON.parse(sound));
  const before = cpuSeconds();
  const answers = all.flatMap((path) => HOSTILE.map((value) => answer(changed(path, value))));
  assert.ok(all.length > 150, `${all.length}`);
  assert.ok(answers.filter((text) => text !== "read").length > 0.8 * answers.length);
  for (const text of new Set(answers)) assert.ok(text.length < 600 && !text.includes("\n"), text);
  // Whatever the machine is busy with: milliseconds for each.
  assert.ok(cpuSeconds() - before < 0.01 * answers.length);
  assert.ok(process.memoryUsage().rss < 2 ** 30);
});

const spline = { kind: "spline", bins: 4, bound: 5 } as const;
const sizes = { features: 3, context: 1, hidden: [4, 4] };
const SINGLE = [
  autoregressiveFlow({ ...sizes, transforms: 1, transform: spline }),
  couplingFlow({ ...sizes, transforms: 2, transform: spline }),
  factorizableFlow({ ...sizes, layers: 1, nuisances: [{}, { linearOnly: true }], pairs: [[0, 1]], spline }),
];

for (const architecture of SINGLE) {
  test(`every value of the architecture of a ${architecture.kind} flow replaced by every hostile one`, () => {
    const file = toTensors(architecture, initialise(architecture, 1));
    const text = JSON.stringify(architecture);
    const read = (own: string) => () =>
      fromTensors(
        { ...file, metadata: { "unbinned.architecture": own } },
        "autoregressive",
        "coupling",
        "factorizable",
      );
    assert.is(attempted(read(text)), "read");
    for (const path of paths(architecture)) {
      for (const value of HOSTILE) assert.ok(attempted(read(changed(path, value, text))).length < 600);
    }
  });
}

test("what is wrong with metadata is said", () => {
  const at = (path: string, value: string | undefined) => answer(changed(path.split("/"), value));
  const flow = "architectures/y.nominal";
  assert.match(
    at(`${flow}/transform/bins`, "1000000000"),
    /^m\.safetensors: autoregressive flow: expected at most 4096 bins of a spline, got 1000000000$/,
  );
  assert.match(
    at(`${flow}/kind`, '"__proto__"'),
    /expected a flow of kind autoregressive, coupling or factorizable, got "__proto__"/,
  );
  assert.match(at(`${flow}/features`, "1e9"), /y\.nominal|order of 1000000000 features|at most 1024 features/);
  assert.match(at(`${flow}/layers/0/hidden/0/0`, "1e9"), /expected at most 65536 units of a hidden layer, got 1000000/);
  assert.match(at("architectures/x.nominal", undefined), /expected a density x\.nominal, got "none"/);
  assert.match(
    at("architectures/x.nominal", JSON.stringify(JSON.parse(sound).architectures["x.morph"])),
    /x\.nominal of kind autoregressive or coupling, got "factorizable"/,
  );
  assert.match(at("processes/0/logYield", "700"), /expected a process with its name and the logarithm of its yield/);
  const unsound =
    /expected a nuisance with its name, kind, nominal value, an entry for each process, and an acceptance or none/;
  for (const wrong of ["null", "{}", "[]", '[{"up":0.1,"down":0},{"up":0.1}]']) {
    assert.match(at("nuisances/0/acceptance", wrong), unsound, wrong);
  }
  assert.match(at("nuisances/0/acceptance/0/up", "1e9"), unsound);
  assert.match(at("nuisances/2/acceptance", JSON.stringify(acceptance)), unsound);
  assert.match(at("nuisances/0/acceptance/0/up", "40"), /expected ratios of yields between 1\/1000 and 1000/);
  const deep = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;
  const nuisance = `{"nominal":0,"scale":-1,"linearOnly":false,"more":${deep}}`;
  assert.match(at("architectures/x.morph/nuisances/0", nuisance), /positive scale, got lists in lists without end/);
  assert.match(answer("{"), /m\.safetensors: expected metadata in JSON, got "\{"/);
});

test("what a response acts on is simulation or data, of a model that has a response", () => {
  const file = mixtureToTensors(gaussianModelInFront);
  const text = file.metadata[KEY]!;
  const read = (own: string) =>
    attempted(() => mixtureFromTensors("m.safetensors", { ...file, metadata: { [KEY]: own } }));
  assert.is(read(text), "read");
  assert.is(read(changed(["responseActsOn"], '"simulation"', text)), "read");
  assert.is(read(changed(["responseActsOn"], undefined, text)), "read");
  for (const value of HOSTILE.slice(1)) {
    const message = read(changed(["responseActsOn"], value, text));
    assert.match(message, /^m\.safetensors: expected a response that acts on simulation or data, got /);
    assert.ok(message.length < 600);
  }
  const none = read(changed(["architectures", "response"], undefined, text));
  assert.match(none, /^m\.safetensors: expected a response, as the file says what it acts on, got "none"/);
});

test("an architecture in the metadata of a single flow", () => {
  const single = (text: string) => () =>
    fromTensors({ metadata: { "unbinned.architecture": text }, tensors: new Map() }, "autoregressive");
  assert.throws(single("{"), /expected JSON under "unbinned\.architecture", got \{/);
  assert.throws(single("null"), /expected an architecture with its kind, got null/);
  assert.throws(single('{"kind":"__proto__"}'), /expected a flow of kind/);
});

test("sizes beyond the largest are refused before anything of their size is made", () => {
  const sizes = { features: 2, hidden: [8] };
  const flow = { ...sizes, transforms: 2, transform: spline };
  const cases: readonly (readonly [() => unknown, RegExp])[] = [
    [() => autoregressiveFlow({ ...flow, features: 1e9 }), /at most 1024 features, got 1000000000/],
    [() => autoregressiveFlow({ ...flow, context: 1e9 }), /at most 65536 context columns/],
    [() => autoregressiveFlow({ ...flow, transforms: 1e9 }), /at most 256 transforms in sequence/],
    [() => autoregressiveFlow({ ...flow, hidden: [1e9] }), /at most 65536 units of a hidden layer/],
    [() => autoregressiveFlow({ ...flow, hidden: new Array(1e6).fill(1) }), /at most 32 hidden layers, got 1000000/],
    [() => autoregressiveFlow({ ...flow, hidden: [60_000, 60_000] }), /at most 16777216 weights, got 72/],
    [() => autoregressiveFlow({ ...flow, transform: { ...spline, bins: 1e9 } }), /at most 4096 bins of a spline/],
    [() => couplingFlow({ ...flow, features: 1e9 }), /at most 1024 features/],
    [() => couplingFlow({ ...flow, transforms: 1e9 }), /at most 256 transforms/],
    [() => couplingFlow({ ...flow, hidden: [1e9] }), /at most 65536 units/],
    [() => factorizableFlow({ ...sizes, layers: 1e9, nuisances: [{}] }), /at most 256 transforms/],
    [() => factorizableFlow({ ...sizes, layers: 1, nuisances: new Array(5000).fill({}) }), /at most 4096 nuisances/],
    [() => factorizableFlow({ ...sizes, layers: 200, nuisances: new Array(4000).fill({}) }), /at most 65536 networks/],
  ];
  for (const [make, pattern] of cases) assert.throws(make, pattern, `${pattern}`);
  // The largest are within reach: a hidden layer as wide as may be.
  assert.is(autoregressiveFlow({ ...flow, transform: { kind: "affine" }, hidden: [LARGEST.units] }).layers.length, 2);
});

test.run();
