/**
 * `parametric`: a Gaussian and an exponential in f64: value, gradient and Hessian of 10⁶ events, whole fits of 200 000, fits of small toys with programs that are
 * compiled once, and what a call costs beyond its arithmetic. One thread; beside it C++ by hand, numpy, numba, and iminuit with the latter two.
 *
 * All take turns in each round. Answers must agree.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { wantsWide } from "../cli/command/wide.js";
import { elapsed, quantile, quartiles, quartilesText, rounded, significant } from "../cli/roofline/statistics.js";
import { cpuBackend } from "../engine/cpu/backend.js";
import type { Program } from "../engine/runtime/backend.js";
import { mul, sumEvents } from "../engine/tape/operations.js";
import { Tape } from "../engine/tape/tape.js";
import type { FitResult } from "../inference/statistics/fit/fit-result.js";
import { Contestant, type Kind } from "./comparison/processes.js";
import type { Times } from "./comparison/protocol.js";
import { ourAnswer, ourFit, ourLikelihood, RANGE, toyFitter } from "./parametric/ours.js";
import { fittingThreads, type ToyThreads, wholeThreads } from "./parametric/toy-threads.js";
import { machine, printMachine, writeResult } from "./support/machine.js";
import { multiplyAddThreads } from "./support/multiply-add-threads.js";
import { processorTime } from "./support/processor-time.js";

const asked = process.argv.find((word) => word.startsWith("--rounds="));
const ROUNDS = asked === undefined ? 9 : Number(asked.slice("--rounds=".length));
const [EVENTS, FIT_EVENTS] = [1e6, 2e5];
const [TOYS, TOY_EVENTS] = [1000, 2000];

/** Numbers in (0, 1), the same in every run. */
function uniforms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
}

function drawn(count: number, next: () => number): Float64Array {
  return Float64Array.from({ length: count }, () => {
    for (;;) {
      const isPeak = next() < 0.3;
      const z = Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next());
      const value = isPeak ? 5 + 0.5 * z : -Math.log(1 - next() * (1 - Math.exp(-3))) / 0.3;
      if (value > 0 && value < RANGE) return value;
    }
  });
}

const folder = mkdtempSync(join(tmpdir(), "parametric-"));
const sources = fileURLToPath(new URL("../../bench/parametric/", import.meta.url));
const events = drawn(EVENTS, uniforms(1));
const nextSize = uniforms(2);
const sizes = Array.from({ length: TOYS }, () => {
  const z = Math.sqrt(-2 * Math.log(nextSize())) * Math.cos(2 * Math.PI * nextSize());
  return Math.round(TOY_EVENTS + Math.sqrt(TOY_EVENTS) * z);
});
const toys = sizes.map((size, k) => drawn(size, uniforms(100 + k)));
const write = (name: string, values: Float64Array) => writeFileSync(join(folder, name), new Uint8Array(values.buffer));
write("events.f64", events);
write("toys.f64", Float64Array.from(toys.flatMap((toy) => [...toy])));
write("sizes.f64", Float64Array.from(sizes));

const derivatives = ["value", "gradient", "hessian"];

/** What this machine has, and what it has not. */
function rivals(): Kind[] {
  const common = { device: "cpu", threads: 1, knowsPeak: false } as const;
  const found: Kind[] = [];
  const program = join(folder, "rival");
  const options = ["-O3", "-march=native", "-ffast-math", join(sources, "rival.cpp"), "-o", program, "-lmvec", "-lm"];
  const tasks = (names: readonly string[]) => (task: string) => names.filter((name) => name === task);
  if (spawnSync("g++", options).status === 0) {
    found.push({ ...common, name: "C++", mode: "by hand", command: [program, "-"], tasks: tasks(derivatives) });
  } else console.log("no C++: g++ is missing (apt-get install g++)");
  const python = process.env.UNBINNED_PYTHON ?? "/usr/bin/python3";
  for (const mode of ["numpy", "numba"]) {
    const has = (module: string) => spawnSync(python, ["-c", `import ${module}`]).status === 0;
    if (!has(mode)) {
      console.log(`no ${mode}: apt-get install python3-${mode}`);
      continue;
    }
    const fits = has("iminuit") ? ["fit", "fitWithGradient", "toys"] : [];
    if (fits.length === 0) console.log("no iminuit: pip install iminuit");
    found.push({
      ...common,
      name: mode,
      mode,
      command: [python, join(sources, "rival.py")],
      tasks: tasks([...derivatives, ...fits]),
    });
  }
  return found;
}

const backend = await cpuBackend({ precision: "f64", threads: 1, wide: wantsWide() });
const where = machine();
printMachine(where);
const likelihood = await ourLikelihood(backend, events);
const ofFit = await ourLikelihood(backend, events.slice(0, FIT_EVENTS));
const theta = (turn: number) => Float64Array.of(0.3, 5 + 1e-4 * turn, 0.5, 0.3);
// One thread for all of a fit: the minimiser's and that of the program are the same.
const inThread = await cpuBackend({ precision: "f64", threads: 0, wide: wantsWide() });
const fitter = await toyFitter(inThread, toys[0]!);

let turn = 0;
const numbersOf = ({ estimate, covariance, evaluations }: FitResult) => [
  ...estimate.values,
  ...(covariance?.sigma ?? []),
  evaluations,
];
const nextToy = () => toys[++turn % TOYS] as Float64Array;
const ours: Readonly<Record<string, { call(): Promise<unknown>; check(): Promise<number[]> }>> = {
  ...Object.fromEntries(
    ([0, 1, 2] as const).map((order) => [
      derivatives[order],
      { call: () => likelihood.evaluate(theta(++turn), order), check: () => ourAnswer(likelihood, order) },
    ]),
  ),
  fit: { call: () => ourFit(ofFit), check: async () => numbersOf(await ourFit(ofFit)) },
  toys: { call: () => fitter.fit(nextToy()), check: async () => numbersOf(await fitter.fit(toys[0]!)) },
};

/** Per call: derivatives to 1e-9 of the value, estimates to a hundredth of their error, errors to a hundredth. */
function checkAgreement(task: string, name: string, own: readonly number[], other: readonly number[]): void {
  const isFit = task !== "value" && !derivatives.includes(task);
  const size = (own.length - 1) / 2;
  const largest = Math.max(...own.map(Math.abs));
  const isClose = (value: number, i: number) => {
    const off = Math.abs(value - other[i]!);
    if (!isFit) return off < 1e-9 * largest;
    return i === 2 * size || off < 0.01 * own[i < size ? i + size : i]!;
  };
  if (own.length === other.length && own.every(isClose)) return;
  throw new Error(`${task}: ${name} gives ${other.join(" ")}, not ${own.join(" ")}`);
}

const CALLS: Readonly<Record<string, number>> = { toys: 20 };
const results: Record<string, object> = {};

for (const task of [...derivatives, "fit", "toys"]) {
  const own = ours[task]!;
  const expected = await own.check();
  const contestants: { readonly name: string; readonly task: string; readonly contestant: Contestant }[] = [];
  for (const kind of rivals()) {
    const variants = task === "fit" ? ["fit", "fitWithGradient"] : [task];
    for (const variant of variants.filter((one) => kind.tasks(one, EVENTS).length > 0)) {
      const contestant = new Contestant(kind, folder);
      const name = variant === "fitWithGradient" ? `${kind.name}, gradient by hand` : kind.name;
      const { answer } = await contestant.ask<{ answer: number[] }>({ do: "check", case: "", task: variant });
      checkAgreement(task, name, expected, answer);
      contestants.push({ name, task: variant, contestant });
    }
  }
  const calls = CALLS[task] ?? 1;
  const unit = task === "fit" || task === "toys" ? 1 : EVENTS / 1e6;
  const wall: Record<string, number[]> = { unbinned: [] };
  const spent: Record<string, number[]> = { unbinned: [] };
  for (let i = 0; i < 3; i++) await own.call();
  for (let round = 0; round < ROUNDS; round++) {
    await own.call();
    let passed = 0;
    const busy = await processorTime(async () => {
      passed = await elapsed(async () => {
        for (let i = 0; i < calls; i++) await own.call();
      });
    });
    wall.unbinned!.push(passed / calls / unit);
    spent.unbinned!.push(busy / calls / unit);
    for (const { name, task: variant, contestant } of contestants) {
      const times = await contestant.ask<Times>({ do: "time", case: "", task: variant, calls, warmUp: true });
      wall[name] = [...(wall[name] ?? []), times.milliseconds / unit];
      spent[name] = [...(spent[name] ?? []), times.processor / unit];
    }
  }
  await Promise.all(contestants.map(({ contestant }) => contestant.close()));
  console.log(
    `\n${task}, ${unit === 1 && task !== "fit" && task !== "toys" ? "ns an event" : "ms"}: wall, processor, times ours`,
  );
  results[task] = Object.fromEntries(
    Object.keys(wall).map((name) => {
      const ratios = spent[name]!.map((value, i) => value / spent.unbinned![i]!);
      const own = { wall: quartiles(wall[name]!), processor: quartiles(spent[name]!), ratio: quartiles(ratios) };
      const least = Math.min(...wall[name]!) / Math.min(...wall.unbinned!);
      console.log(
        `  ${name.padEnd(24)} ${quartilesText(own.wall, 2)}, ${quartilesText(own.processor, 2)}, ${quartilesText(own.ratio, 2)}; least of rounds ${least.toFixed(2)}`,
      );
      const { wall: w, processor, ratio } = own;
      const leastWall = significant(Math.min(...wall[name]!));
      return [name, { wall: rounded(w), processor: rounded(processor), ratioToOurs: rounded(ratio), leastWall }];
    }),
  );
}

/** Toys of a call, in all its threads: short, so that calls of both kinds see the same machine. */
const TOYS_OF_CALL = 20;
const CALLS_OF_SCALING = 20;

/**
 * Toys in one thread and in two, calls in turn with a multiply-add loop on as many: on a machine with other work a second thread is worth what it is worth to the loop. Processor
 * time says what two threads cost beside one, whatever else runs.
 */
async function scaling(name: string, threads: ToyThreads) {
  const loop = await multiplyAddThreads(2);
  for (const own of [1, 2]) {
    await loop.time(own);
    await threads.time(20 * TOYS_OF_CALL, own);
  }
  const wall = { loop: [0, 0], toys: [0, 0] };
  const spent = [0, 0];
  let least = Number.POSITIVE_INFINITY;
  for (let call = 0; call < ROUNDS * CALLS_OF_SCALING; call++) {
    for (const k of [0, 1]) {
      wall.loop[k]! += (await loop.time(k + 1)) / (k + 1);
      let passed = 0;
      spent[k]! += await processorTime(async () => {
        passed = await threads.time(TOYS_OF_CALL, k + 1);
      });
      wall.toys[k]! += passed;
      if (k === 0) least = Math.min(least, passed / TOYS_OF_CALL);
    }
  }
  await Promise.all([loop.close(), threads.close()]);
  const count = ROUNDS * CALLS_OF_SCALING * TOYS_OF_CALL;
  const perSecond = wall.toys.map((own) => significant((1000 * count) / own));
  const [gain, loopGain] = [wall.toys, wall.loop].map(([one, two]) => significant(one! / two!)) as [number, number];
  const processor = spent.map((own) => significant(own / count));
  console.log(
    `\n${name}: ${perSecond.join(" and ")} toys a second in one thread and in two (least ${least.toFixed(2)} ms in one), a gain of ${gain}, ` +
      `where the multiply-add loop gains ${loopGain}; ${processor.join(" and ")} ms of processor time each`,
  );
  return { perSecond, leastMilliseconds: significant(least), gain, loopGain, processorMilliseconds: processor };
}

const scalings = {
  fits: await scaling("fits", fittingThreads(2, toys, wantsWide())),
  whole: await scaling("whole toys", wholeThreads(2, wantsWide())),
};

/** Of a program of one product, one event; and of the Hessian of a toy, fetched for new data. */
const tape = new Tape();
const outputs = { sum: sumEvents(mul(tape.column("x"), tape.parameter("p"))) };
const tiny = await Promise.all([backend, inThread].map((own) => own.compile({ outputs })));
for (const own of tiny) await own.bind({ x: Float64Array.of(1) });
async function callTimes(call: (i: number) => Promise<unknown>) {
  const times: number[] = [];
  for (let i = 0; i < 1000; i++) times.push(await elapsed(() => call(i)));
  const later = times.slice(200);
  return { ...quartiles(later), least: quantile(later, 0) };
}
const timesOf = (own: Program) =>
  callTimes(async (i) => {
    await own.write({ p: [i] });
    await own.run();
  });
const overhead = {
  "write and run, one product of one event, on a worker": await timesOf(tiny[0]!),
  "write and run, one product of one event, in this thread": await timesOf(tiny[1]!),
  "bind and evaluate, second derivatives of a toy": await callTimes((i) => fitter.evaluate(toys[i % TOYS]!)),
};
console.log("\nmilliseconds of a call");
for (const [name, own] of Object.entries(overhead)) {
  console.log(`  ${name}: ${quartilesText(own, 3)}, least ${own.least.toFixed(3)}`);
}
writeResult("parametric", where, {
  wide: wantsWide(),
  events: EVENTS,
  eventsOfFit: FIT_EVENTS,
  toysInThreads: scalings,
  tasks: results,
  overheadMilliseconds: Object.fromEntries(
    Object.entries(overhead).map(([name, { least, ...own }]) => [name, { ...rounded(own), least: significant(least) }]),
  ),
});
await fitter.close();
await likelihood.close();
await ofFit.close();
await Promise.all([backend, inThread].map((own) => own.close()));
rmSync(folder, { recursive: true });
