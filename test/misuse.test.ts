/** Arguments of other kinds, as they come without types: each is refused in one sentence, none is taken for an empty one. */
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as library from "../index.js";

const { FileError, Tape, UsageError } = library;

/** For any place that wants a value of another kind. */
const wrong = (value: unknown) => value as never;

const tape = new Tape();
const x = tape.column("x");
const pair = tape.column("pair", [2]);
const theta = tape.parameter("theta");
const nll = library.sumEvents(library.mul(x, theta));
const opened = library
  .referenceBackend()
  .compile({ outputs: { nll } })
  .then(async (program) => {
    await program.bind({ x: Float64Array.of(1, 2) });
    await program.write({ theta: [1] });
    return program;
  });
const flow = library.autoregressiveFlow({ features: 2, transforms: 1, hidden: [4], transform: { kind: "affine" } });
const weights = library.initialise(flow, 1);
const file = library.toTensors(flow, weights);
const sample = { columns: { x: Float64Array.of(1, 2, 3) }, count: 3 };
const objective: library.Objective = { names: ["a"], evaluate: async () => ({ nll: 0 }) };
const withHole = Object.assign(new Array<number>(3), { 0: 1, 2: 3 });
const folder = mkdtempSync(join(tmpdir(), "unbinned-misuse-"));
const never = join(folder, "never");

/** What would pass for an object without entries. */
const withoutEntries: Readonly<Record<string, unknown>> = {
  Map: new Map([["x", Float64Array.of(1)]]),
  Promise: Promise.resolve({}),
  Date: new Date(0),
  Set: new Set(["x"]),
  list: [1, 2],
  number: 3,
  function: () => ({}),
  null: null,
  undefined: undefined,
};

type Call = (given: never) => unknown;

const takingObjects: Readonly<Record<string, { readonly call: Call; readonly where: RegExp }>> = {
  bind: { call: async (given) => (await opened).bind(given), where: /^bind: expected an object for columns, got / },
  write: {
    call: async (given) => (await opened).write(given),
    where: /^write: expected an object for parameters, got /,
  },
  fromTensors: { call: (given) => library.fromTensors(given), where: /^fromTensors: expected an object with / },
  writeNpz: {
    call: (given) => library.writeNpz(never, given),
    where: /never: expected arrays by name, in an object or a Map, got /,
  },
  writeSafetensors: {
    call: (given) => library.writeSafetensors(never, given),
    where: /never: expected arrays by name, in an object or a Map, got /,
  },
};

async function complaint(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    assert.ok(error instanceof UsageError || error instanceof FileError, `${error}`);
    return (error as Error).message;
  }
  return "nothing";
}

for (const [name, { call, where }] of Object.entries(takingObjects)) {
  test(`${name} takes nothing without entries for an object`, async () => {
    for (const [kind, given] of Object.entries(withoutEntries)) {
      if (name.startsWith("write") && name !== "write" && kind === "Map") continue;
      assert.match(await complaint(() => call(wrong(given))), where, kind);
    }
    assert.match(await complaint(() => call(wrong(withoutEntries.Promise))), /got (a )?Promise\. Await it$/);
    assert.not(existsSync(never), "nothing is written");
  });
}

test("run, compile and cpuBackend take no Map or Promise for options", async () => {
  const program = await opened;
  for (const given of [new Map(), Promise.resolve(), new Date(0)]) {
    for (const call of [
      () => program.run(wrong(given)),
      () => program.run({ range: wrong(given) }),
      () => library.cpuBackend(wrong(given)),
      () => library.referenceBackend().compile({ outputs: wrong(given) }),
      () => library.warmUpCosine(wrong(given)),
    ]) {
      assert.match(await complaint(call), /: expected an object( with \w+.*| for \w+), got a (Map|Promise|Date)/);
    }
  }
  assert.match(
    await complaint(() => program.run({ signal: wrong({}) })),
    /^run: expected an AbortSignal for signal, got/,
  );
});

const cases: readonly (readonly [call: () => unknown, message: RegExp])[] = [
  [
    async () => (await opened).read(wrong([undefined])),
    /^read: expected a text for the name of a parameter, got undefined$/,
  ],
  [() => new Tape().events(wrong(3)), /^tape\.events: expected a text for the name of a set, got 3$/],
  [
    () => library.broadcastEvents(theta, wrong("events")),
    /^broadcastEvents: expected an event set of this tape, got "events"\. Ask/,
  ],
  [
    () => library.broadcastEvents(theta, new Tape().events()),
    /^broadcastEvents: expected an event set of this tape, got "events" of another tape\. Ask/,
  ],
  [
    () => tape.column("y", [], wrong("events")),
    /^tape\.column: expected an event set of this tape, got "events"\. Ask/,
  ],
  [
    () => tape.constant(wrong(BigInt64Array.of(1n))),
    /^constant: expected a number or a list of numbers, got a BigInt64Array of 8 bytes$/,
  ],
  [() => tape.constant(withHole), /^constant: expected a number or a list of numbers, got \[1, undefined, 3\]$/],
  [() => tape.constant(wrong(["1"])), /^constant: expected a number or a list of numbers, got \["1"\]$/],
  [
    () => library.sum(pair, wrong(Symbol("axis"))),
    /^sum: expected an axis of \[2\] over "events", got Symbol\(axis\)$/,
  ],
  [() => library.sum(pair, wrong({})), /^sum: expected an axis of \[2\] over "events", got \{ {2}\}$/],
  [
    () => library.select(pair, 0, wrong(undefined)),
    /^select: expected a list of numbers for the order, got undefined$/,
  ],
  [() => library.take(pair, [1], wrong([0])), /^take: expected indices as an Int32Array, got \[0\]$/],
  [() => library.concatenate([pair, pair], 0.5), /^concatenate: expected an axis of parts with 1 axes, got 0\.5$/],
  [() => library.randomKey(1, wrong(undefined)), /^randomKey: expected a text for the purpose, got undefined$/],
  [() => library.randomKey(wrong({}), "a"), /^randomKey: expected seed to be an integer in .*, got seed = \{ {2}\}$/],
  [
    () => library.normalColumn(wrong(1), 4),
    /^normalColumn: expected a key of random numbers, got 1\. Make one with randomKey/,
  ],
  [() => library.uniform(wrong({}), 0), /^random: expected a key of random numbers, got \{ {2}\}\. Make one/],
  [
    () => library.fillShuffled(wrong(undefined), 0, 4, 0, new Int32Array(4)),
    /^fillShuffled: expected a key of random numbers, got undefined\. /,
  ],
  [() => library.initialise(wrong({ features: 2 }), 1), /^architecture: expected .* got/],
  [() => library.tensorSpecs(wrong(undefined)), /^architecture: expected an architecture with its kind, got nothing$/],
  [
    () => library.toTensors(flow, wrong(file)),
    /^toTensors: expected a Map for the weights, got \{ metadata, tensors \}$/,
  ],
  [() => library.named("p", wrong({})), /^named: expected a Map for the weights, got \{ {2}\}$/],
  [() => library.updated("p", weights, wrong(null)), /^updated: expected an object for the values, got null$/],
  [
    () => library.selectEvents(wrong(sample.columns), Int32Array.of(0)),
    /^selectEvents: expected options among columns, count, weights, got "x"/,
  ],
  [
    () => library.selectEvents(sample, wrong([0, 1])),
    /^selectEvents: expected numbers of events as an Int32Array, got \[0, 1\]$/,
  ],
  [
    () => library.selectEvents(sample, Int32Array.of(0, 3)),
    /^selectEvents: expected numbers of events in \[0, 3\), got 3$/,
  ],
  [
    () => library.splitIndices(Number.NaN, { seed: 1, purpose: "", validation: 0.5 }),
    /^splitIndices: expected a number of events, got NaN$/,
  ],
  [
    () => library.optimise(nll, wrong({ parameters: [theta] })),
    /^optimise: expected a list for the groups, got \{ parameters \}$/,
  ],
  [
    () => library.minimise(wrong(undefined), { start: [0] }),
    /^minimise: expected an objective with names and evaluate, got undefined$/,
  ],
  [
    () => library.minimise(wrong({ names: ["a"] }), { start: [0] }),
    /^minimise: expected a function for evaluate of the objective, got undefined$/,
  ],
  [
    () => library.withFixed(objective, wrong({ 0: 1 })),
    /^withFixed: expected a Map for values by position, got \{ 0 \}$/,
  ],
  [
    () => library.covariance(Float64Array.of(1), wrong("a")),
    /^covariance: expected a list of names for the names, got "a"$/,
  ],
  [
    () => library.covariance(wrong([[1]]), ["a"]),
    /^covariance: expected a list of numbers for the matrix, got \[\[1\]\]$/,
  ],
  [
    () => library.writeNpz(never, { a: wrong([1, 2]) }),
    /array "a": expected \{ shape, data \} with a list of sizes and a typed array, got Array$/,
  ],
  [() => library.writeNpy(never, wrong(undefined)), /never: expected \{ shape, data \} .*, got undefined$/],
  [
    () => library.writeSafetensors(never, { a: { shape: [2], data: wrong([1, 2]) } }),
    /tensor "a": expected \{ shape, data \} .*, got data of kind Array$/,
  ],
  [
    () => library.writeCsv(never, wrong({ a: ["1"] })),
    /never: expected columns in a Map by name, got a value of type object$/,
  ],
  [() => library.bindFlow(wrong({}), flow, "x"), /^bindFlow: expected a tape, got \{ {2}\}$/],
  [
    () => library.hessianEllipse(wrong({ names: ["a", "b"] }), ["a", "b"], [0, 0], 1),
    /^hessianEllipse: expected a covariance with a list of numbers as sigma, got undefined$/,
  ],
  [
    () => library.principalModes(wrong({ names: ["a"] })),
    /^principalModes: expected a covariance with a list as matrix, got undefined$/,
  ],
  [
    () => library.chiSquareTest({ edges: [0, 1], sums: [1], squares: [1], outside: [0, 0] }, wrong("b"), 0),
    /^chiSquareTest: expected a histogram with edges, sums, squares, got "b"$/,
  ],
  [
    () => library.withStandardisation(weights, wrong({})),
    /^withStandardisation: expected moments with an object as features, got undefined$/,
  ],
  [
    () => library.joinMoments([wrong({ mean: [0] })]),
    /^joinMoments: expected moments with a list of numbers as standardDeviation, got undefined$/,
  ],
  [
    () => library.fillNormal(library.randomKey(1, "a"), 0, wrong([1, 2])),
    /^fillNormal: expected a typed array of numbers for the numbers, got \[1, 2\]$/,
  ],
  [() => library.loadNsf(wrong(file.tensors && {})), /^loadNsf: expected a Map for tensors, got \{ {2}\}$/],
  [() => library.readEvents(never, wrong("x")), /^readEvents: expected a list of names, got a value of type string$/],
  [
    () => library.readEvents(never, undefined, wrong(3)),
    /^readEvents: expected an object with head, missing, got a value of/,
  ],
  [
    () => library.readEvents(never, undefined, wrong({ head: "3" })),
    /^readEvents: expected a number for head, got a value of type string$/,
  ],
  [() => library.readEvents(wrong(3)), /^readEvents: expected a path, or a list of paths, got a value of type number$/],
  [
    () => library.eventFiles(wrong([3])),
    /^eventFiles: expected a path, or a list of paths, got a value of type object$/,
  ],
  [
    () => library.openEvents(never, undefined, wrong({ missing: 3 })),
    /^openEvents: expected an object for missing, got a value of type number$/,
  ],
  [() => library.writeNpz(never, {}, wrong(null)), /^writeNpz: expected an object with deflate, got null$/],
  [() => library.writeNpz(never, {}, wrong({ deflate: 1 })), /^writeNpz: expected a boolean for deflate, got a value/],
  [
    () => library.weightGradient(pair, pair, wrong("p"), false),
    /^weightGradient: expected an Int32Array for the prefix, got "p"$/,
  ],
];

for (const [i, [call, message]] of cases.entries()) {
  test(`case ${i}: ${message.source}`, async () => assert.match(await complaint(call), message));
}

/** Functions whose messages begin with another name than theirs, and what that is. */
const speakers: Readonly<Record<string, readonly string[]>> = {
  "the name that the caller gives as first argument": [
    ...[
      "broadcastShapes",
      "checkEventData",
      "checkNames",
      "checkObjective",
      "checkPoint",
      "checkSample",
      "checkWeights",
    ],
    ...["indexOfName", "publishedModel", "toFloat64"],
  ],
  "the file": [
    ...["listColumns", "listNpz", "listSafetensors", "readBytes", "readCsv", "readCsvTable", "readEvents", "readNpy"],
    ...[
      "eventFiles",
      "openEvents",
      "readNpz",
      "readSafetensors",
      "readTorchStateDict",
      "removeUnfinished",
      "writeAtomic",
      "writeCsv",
      "writeNpy",
    ],
    ...["writeNpz", "writeSafetensors", "mixtureFromTensors"],
  ],
  "the operation that they begin with": [
    ...[
      "less",
      "lessEqual",
      "logErfc",
      "logSigmoid",
      "logSumExp",
      "logTotalYield",
      "softplus",
      "square",
      "standardNormalLogProb",
    ],
  ],
  "what they look at before all else: an architecture, a key of random numbers, one of several requests": [
    ...["checked", "initialise", "initialResponse", "initialMorph", "initialTransport", "tensorSpecs"],
    ...["memberTransports", "normal", "poissonOne", "shuffledIndex", "uniform", "likelihoods"],
    ...["chiSquarePValue", "extendedTermOfTotal", "frameOfSimulation"],
  ],
};

/** Exports that are called with `new`; JavaScript says so. */
const classes: ReadonlySet<string> = new Set([
  "BlockedColumn",
  "DeviceLostError",
  "FileError",
  "ShapeError",
  "Tape",
  "UsageError",
]);

const functions = Object.entries({
  ...library,
  ...Object.fromEntries(Object.entries(library.plots).map(([name, plot]) => [`plots.${name}`, plot])),
}).filter((entry): entry is [string, (...given: unknown[]) => unknown] => typeof entry[1] === "function");

/** What comes of a call: undefined where it returns. */
async function failure(call: () => unknown): Promise<unknown> {
  try {
    const result = await call();
    const { next, close } = Object(result) as { next?: () => unknown; close?: () => unknown };
    await next?.call(result);
    await close?.call(result);
  } catch (error) {
    return error;
  }
  return undefined;
}

test("every exported function refuses nothing, null, a number, a text, {} and [] in one sentence, or takes them", async () => {
  assert.ok(functions.length > 250, `${functions.length} found`);
  for (const [name, body] of functions) {
    if (classes.has(name)) continue;
    for (const given of [[], [null], [3], [join(folder, "no", "such")], [{}], [[]]]) {
      const error = await failure(() => body(...given));
      if (error === undefined) continue;
      const what = `${name}(${JSON.stringify(given).slice(1, -1)}): ${error}`;
      assert.ok(error instanceof UsageError || error instanceof FileError, what);
      assert.match((error as Error).message, /^[^\n]*?: expected [^\n]+, got [^\n]+$/, what);
      const isOther = Object.values(speakers).some((names) => names.includes(name));
      assert.ok(isOther || (error as Error).message.startsWith(`${name.replace("plots.", "")}`), what);
    }
  }
});

test("the lists of exceptions name exports", () => {
  const known = new Set(functions.map(([name]) => name));
  assert.equal(
    [...classes, ...Object.values(speakers).flat()].filter((name) => !known.has(name)),
    [],
  );
});

test("columns, parameters, outputs and event sets may have the names of what objects inherit", async () => {
  for (const backend of [library.referenceBackend(), await library.cpuBackend({ threads: 1, precision: "f64" })]) {
    for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
      const own = new Tape();
      const column = own.column(name, [], own.events(name));
      const parameter = own.parameter(`${name}.p`);
      const by = <T>(value: T) => Object.fromEntries([[name, value]]);
      const product = library.mul(column, parameter);
      const program = await backend.compile({ outputs: { ...by(library.sumEvents(product)), each: product } });
      await assert.match(await complaint(() => program.run()), /expected a value for parameter|expected data bound/);
      await program.bind(by(Float64Array.of(1, 2, 3)));
      await program.write({ [`${name}.p`]: [2] });
      const all = await program.run();
      assert.equal([...Object.entries(all).find(([key]) => key === name)![1]], [12]);
      const some = await program.run({ range: by([1, 3] as const) });
      assert.equal([...some.each!], [4, 6]);
      await program.close();
    }
    await backend.close();
  }
});

test.run();
