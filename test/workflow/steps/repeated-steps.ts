/** Which steps a changed key of the configuration repeats, on a tiny analysis of files and on one of the built-in toy. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cpuBackend } from "../../../engine/cpu/backend.js";
import type { Backend } from "../../../engine/runtime/backend.js";
import type { Checkpoint } from "../../../flows/training/training-request.js";
import { writeNpz } from "../../../io/index.js";
import { commonOf } from "../../../workflow/common-inputs.js";
import { loadAnalysis } from "../../../workflow/configuration/configuration.js";
import type { Entry } from "../../../workflow/configuration/entries.js";
import { type Configuration, configurationTable } from "../../../workflow/configuration/table.js";
import { ConfigurationError, UsageError } from "../../../workflow/errors.js";
import { checkTrainable, type OpenContext, openContext } from "../../../workflow/open-context.js";
import { runChain, visitSteps } from "../../../workflow/recipes/distribution-of-interest.js";
import { type FinishedStep, type StepResult, type StepStore, stepKey } from "../../../workflow/store/step-store.js";
import { TINY_TOY } from "../../cli/tiny-toy.js";
import { randomNumbers } from "../../support/random-numbers.js";
import { NO_CHECKPOINT } from "../../support/repeated-step.js";

const FILES = `name: Keys
seed: 3
observables: { x: { features: 2 }, y: { features: 2 } }
processes:
  A: { yield: 120, samples: [{ file: a.npz }, { file: a-s.npz, at: { s: 1 } }, { file: a-t.npz, at: { t: 1 } }, { file: a-less.npz, at: { t: -1 } }, { file: a-st.npz, at: { s: 1, t: 1 } }] }
  B: { yield: 80, samples: [{ file: b.npz }, { file: b-s.npz, at: { s: 1 } }, { file: b-t.npz, at: { t: 1 } }, { file: b-less.npz, at: { t: -1 } }, { file: b-st.npz, at: { s: 1, t: 1 } }] }
nuisances: { s: , t: , r: { kind: rate, processes: [B], kappa: 0.2 } }
data: { file: data.npz }
flows:
  x: { kind: affine, transforms: 1, hidden: [4], training: { epochs: 8, batch: 100, learningRate: 0.03 } }
  y: { kind: affine, transforms: 1, hidden: [4], training: { epochs: 8, batch: 100, learningRate: 0.03 } }
morph:
  pairs: [[s, t]]
  x: { kind: affine, hidden: [4], training: { epochs: 8, batch: 100, learningRate: 0.03 } }
  y: { kind: affine, layers: 1, hidden: [4], training: { epochs: 8, batch: 100, learningRate: 0.03 } }
transport: { transforms: 1, bins: 3, hidden: [4], training: { epochs: 2, batch: 100 } }
ensemble: { replicas: 2, training: { epochs: 2, batch: 100 } }
response: { range: 2, scale: 1, events: 400, layers: 1, hidden: [4], training: { epochs: 2, batch: 100 } }
scan: { nuisances: [s], pairs: [[s, t]], points: 3, grid: 3, range: 1 }
impacts: { events: 1000, bins: 2 }
fit: { secondStart: 0 }
report: { bins: 8 }
`;

const TOY = `name: Keys of the toy
seed: 3
observables: { x: { features: 2 }, y: { features: 2 } }
simulation: { generator: doi-toy, events: 4000, heldOut: 0.2 }
data: { generator: doi-toy, events: 300 }
transport: { transforms: 1, bins: 3, hidden: [4], training: { epochs: 2, batch: 100 } }
fit: { secondStart: 0 }
${TINY_TOY}`;

/** Every column that some row of the table reads: x and y once more, alone and with other numbers. */
async function writeSample(
  file: string,
  process: "a" | "b" | "data",
  s: number,
  t: number,
  seed: number,
): Promise<void> {
  const count = 200;
  const random = randomNumbers(seed);
  const normal = () => (random() + random() + random() + random() - 2) * Math.sqrt(3);
  const sides = { a: () => -1, b: () => 1, data: (i: number) => (i % 5 < 3 ? -1 : 1) };
  const rows = Array.from({ length: count }, (_, i) => {
    const side = sides[process](i);
    const x = [0.6 * side + 0.5 * s + normal(), 0.5 * t + normal()];
    return [x, [0.5 * x[0]! + 0.4 * t + normal(), side + 0.4 * s + normal()]] as const;
  });
  const x = { shape: [count, 2], data: Float64Array.from(rows.flatMap(([own]) => own)) };
  const y = { shape: [count, 2], data: Float64Array.from(rows.flatMap(([, own]) => own)) };
  const first = ({ data }: typeof x) => ({ shape: [count, 1], data: data.filter((_, i) => i % 2 === 0) });
  const w = { shape: [count], data: Float64Array.from({ length: count }, () => 0.5 + random()) };
  await writeNpz(file, { x, y, x_again: x, y_again: y, x1: first(x), y1: first(y), w });
}

const POINTS = { "": [0, 0], "-s": [1, 0], "-t": [0, 1], "-less": [0, -1], "-st": [1, 1] } as const;

const BASES = { files: FILES, toy: TOY };

export type Base = keyof typeof BASES;

export const BASE_NAMES = Object.keys(BASES) as readonly Base[];

/** Steps of a run by name, in the order in which they were asked for. */
type Steps = Map<string, FinishedStep<unknown>>;

export interface Analyses {
  readonly folder: string;
  /** Of the analyses as they stand. */
  readonly steps: Readonly<Record<Base, Steps>>;
  readonly backend: Backend;
  close(): Promise<void>;
}

const QUIET = { progress: { begin: () => ({ update() {}, done() {} }), note() {} }, warn() {} };

/** A context in an output folder. */
export async function contextOf(
  { folder, backend }: Pick<Analyses, "folder" | "backend">,
  base: Base,
  out: string,
  set: readonly string[],
  signal: AbortSignal,
): Promise<OpenContext> {
  const analysis = loadAnalysis(join(folder, `${base}.yaml`), { set });
  checkTrainable(analysis);
  return openContext({ analysis, folder: join(folder, out), backend, isForced: false }, { ...QUIET, signal });
}

/**
 * Runs the chain in an output folder.
 *
 * @param result  what a step that is not kept gives
 * @param seenAs  the configuration, as the steps see it
 */
async function runSteps(
  analyses: Pick<Analyses, "folder" | "backend">,
  base: Base,
  out: string,
  set: readonly string[],
  result: <R>(name: string, compute: () => Promise<StepResult<R>>) => Promise<StepResult<R>>,
  seenAs: (configuration: Configuration) => Configuration = (configuration) => configuration,
): Promise<Steps> {
  const context = await contextOf(analyses, base, out, set, new AbortController().signal);
  const { analysis } = context;
  const steps: Steps = new Map();
  const store: StepStore = {
    async run(name, inputs, body) {
      const step = await context.store.run(name, inputs, (checkpoint) => result(name, () => body(checkpoint)));
      steps.set(name, step);
      return step;
    },
  };
  const seen = { ...analysis, configuration: seenAs(analysis.configuration) };
  await runChain({ ...context, analysis: seen, store }, []);
  return steps;
}

/**
 * Asks for all steps of a changed analysis, where those of the analysis as it stands are kept: by their keys, as a folder keeps them.
 *
 * @param result  what a step that is not kept gives
 * @param given   a step, as those behind it see it
 */
async function askForSteps(
  analyses: Analyses,
  base: Base,
  set: readonly string[],
  result: <R>(
    name: string,
    before: FinishedStep<R> | undefined,
    compute: () => Promise<StepResult<R>>,
  ) => Promise<StepResult<R>>,
  given: <R>(name: string, step: FinishedStep<R>) => FinishedStep<R> = (_, step) => step,
): Promise<void> {
  const out = join(analyses.folder, "changed");
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out);
  const context = await contextOf(analyses, base, "changed", set, new AbortController().signal);
  const common = commonOf(context.analysis, analyses.backend);
  const store: StepStore = {
    async run<R>(name: string, inputs: unknown, body: (checkpoint: Checkpoint) => Promise<StepResult<R>>) {
      const before = analyses.steps[base].get(name) as FinishedStep<R> | undefined;
      const key = stepKey(common, name, inputs);
      if (before?.key === key) return given(name, before);
      return given(name, { ...(await result(name, before, () => body(NO_CHECKPOINT))), key });
    },
  };
  await visitSteps({ ...context, store });
}

/** The key of the table that a path is of; undefined on the way to one. */
function keyOfPath(path: readonly string[]): string | undefined {
  let entry: Entry = configurationTable;
  const key: string[] = [];
  for (const part of path) {
    if (entry.kind === "section" && part in entry.keys) {
      key.push(part);
      entry = entry.keys[part]!;
    } else if ((entry.kind === "map" || entry.kind === "list") && entry.item.kind === "section") {
      key.push("*");
      entry = entry.item;
    } else break;
  }
  const isOnTheWay =
    entry.kind === "section" || ((entry.kind === "map" || entry.kind === "list") && entry.item.kind === "section");
  return isOnTheWay ? undefined : key.join(".");
}

/** The same values; `onRead` gets the path of each one that is read. */
function observed<T>(value: T, path: readonly string[], onRead: (path: readonly string[]) => void): T {
  if (typeof value !== "object" || value === null) return value;
  return new Proxy(value, {
    get(target, name, receiver) {
      const found: unknown = Reflect.get(target, name, receiver);
      if (typeof name === "symbol" || typeof found === "function") return found;
      const own = [...path, name];
      onRead(own);
      return observed(found, own, onRead);
    },
  });
}

/** What the bodies of the steps of a run from nothing read of the configuration, by step: keys of the table. */
export async function readInBodies(analyses: Analyses, base: Base): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const out = join(analyses.folder, "read");
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out);
  const found = new Map<string, Set<string>>();
  let inside: string | undefined;
  const compute = async <R>(name: string, body: () => Promise<StepResult<R>>) => {
    inside = name;
    found.set(name, new Set());
    const result = await body();
    inside = undefined;
    return result;
  };
  await runSteps(analyses, base, "read", [], compute, (configuration) =>
    observed(configuration, [], (path) => {
      const key = inside && keyOfPath(path);
      if (key !== undefined) found.get(inside!)!.add(key);
    }),
  );
  return found;
}

/** The analyses, with all their steps finished. */
export async function openAnalyses(): Promise<Analyses> {
  const folder = mkdtempSync(join(tmpdir(), "unbinned-keys-"));
  const file = (name: string) => join(folder, name);
  let seed = 20;
  for (const process of ["a", "b"] as const) {
    for (const [suffix, [s, t]] of Object.entries(POINTS)) {
      await writeSample(file(`${process}${suffix}.npz`), process, s, t, seed++);
    }
  }
  await writeSample(file("data.npz"), "data", 0.3, 0, 7);
  await writeSample(file("other.npz"), "data", 0, 0.2, 8);
  cpSync(file("data.npz"), file("data-again.npz"));
  cpSync(file("a-s.npz"), file("a-s-again.npz"));
  const backend = await cpuBackend({ precision: "f32", threads: 1 });
  const steps = Object.fromEntries(BASE_NAMES.map((base) => [base, new Map()])) as Record<Base, Steps>;
  for (const base of BASE_NAMES) {
    writeFileSync(file(`${base}.yaml`), BASES[base]);
    mkdirSync(file(base));
    steps[base] = await runSteps({ folder, backend }, base, base, [], (_, compute) => compute());
  }
  const close = async () => {
    await backend.close();
    rmSync(folder, { recursive: true });
  };
  return { folder, steps, backend, close };
}

/**
 * The steps that a change of the configuration repeats, or makes for the first time. A repeated step gives what it gave before,
 * which takes no time: what follows from its numbers alone, not from its key, is then kept.
 *
 * @param anew  which steps are computed all the same
 */
export async function repeatedSteps(
  analyses: Analyses,
  base: Base,
  set: readonly string[],
  anew: (name: string) => boolean,
): Promise<readonly string[] | "refused"> {
  const names: string[] = [];
  try {
    await askForSteps(analyses, base, set, async (name, before, compute) => {
      names.push(name);
      return before === undefined || anew(name) ? compute() : before;
    });
  } catch (error) {
    if (error instanceof UsageError || error instanceof ConfigurationError) return "refused";
    throw error;
  }
  return names.sort();
}

/** The steps that follow from a step: those whose keys are others where it gives other numbers, and by another key. */
export async function stepsBehind(analyses: Analyses, base: Base, of: string): Promise<readonly string[]> {
  const names: string[] = [];
  const behind = async <R>(name: string, before: FinishedStep<R> | undefined) => {
    names.push(name);
    return before!;
  };
  await askForSteps(analyses, base, [], behind, (name, step) =>
    name === of ? { ...moved(step), key: step.key.replace(/^./, (first) => (first === "0" ? "1" : "0")) } : step,
  );
  return names;
}

/** Other weights and other estimates, by so little that all else goes the same way. */
function moved<R>({ record, arrays, key }: FinishedStep<R>): FinishedStep<R> {
  const other = (value: number) => value * (1 + 1e-6);
  const deep = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, own]) => [
        name,
        name !== "estimate"
          ? deep(own)
          : Array.isArray(own)
            ? own.map(other)
            : { ...own, values: own.values.map(other) },
      ]),
    );
  };
  const weights = Object.entries(arrays).map(([name, values]) => [name, values.map(other)]);
  return { key, record: deep(record) as R, arrays: Object.fromEntries(weights) };
}

/**
 * Every step of a run with this change, as its file has it.
 *
 * @param from  whether the steps of before are there
 */
export async function stepsAfter(
  analyses: Analyses,
  base: Base,
  set: readonly string[],
  from: "kept" | "nothing",
): Promise<Readonly<Record<string, unknown>>> {
  const out = join(analyses.folder, "whole");
  rmSync(out, { recursive: true, force: true });
  if (from === "kept") cpSync(join(analyses.folder, base), out, { recursive: true });
  else mkdirSync(out);
  const steps = await runSteps(analyses, base, "whole", set, (_, compute) => compute());
  return Object.fromEntries(
    [...steps].map(([name, { key, record, arrays }]) => [name, { key, record: JSON.stringify(record), arrays }]),
  );
}
