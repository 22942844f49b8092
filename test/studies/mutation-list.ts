/** What is broken in the study of mutations, one thing at a time, and by which words a verdict names it. */
import { fillNormal, randomKey } from "../../engine/random/random.js";
import { type Columns, joined, type ProcessEntry, type StudiedAnalysis } from "./mutation-analyses.js";

export interface Mutation {
  readonly name: string;
  readonly analysis: "spectrum" | "cut";
  /** For the table. */
  readonly what: string;
  readonly mutate: (right: StudiedAnalysis) => StudiedAnalysis;
  /** Occurs in a verdict that names the cause. */
  readonly names: RegExp;
}

type Change = (columns: Columns, file: string) => Columns;

const withFiles = (right: StudiedAnalysis, change: Change): StudiedAnalysis => ({
  ...right,
  files: Object.fromEntries(Object.entries(right.files).map(([file, columns]) => [file, change(columns, file)])),
});

const withEntry = (right: StudiedAnalysis, more: object): StudiedAnalysis => ({
  ...right,
  entry: { ...right.entry, ...more },
});

const kept = (columns: Columns, isKept: (event: number) => boolean): Columns =>
  Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values.filter((_, i) => isKept(i))]));

const isSimulation = (file: string) => file !== "data.npz";

/** One feature of some files, changed. */
const withFeature = (
  right: StudiedAnalysis,
  files: readonly string[],
  feature: string,
  change: (value: number, event: number) => number,
) =>
  withFiles(right, (columns, file) =>
    files.includes(file) ? { ...columns, [feature]: columns[feature]!.map(change) } : columns,
  );

function exchanged(right: StudiedAnalysis, one: string, other: string): StudiedAnalysis {
  const { files } = right;
  return { ...right, files: { ...files, [one]: files[other]!, [other]: files[one]! } };
}

/** Simulation without what lies above the mean by three standard deviations. */
function withoutTail(right: StudiedAnalysis, feature: string): StudiedAnalysis {
  return withFiles(right, (columns, file) => {
    if (!isSimulation(file)) return columns;
    const values = columns[feature]!;
    const mean = values.reduce((a, b) => a + b) / values.length;
    const width = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    return kept(columns, (i) => values[i]! < mean + 3 * width);
  });
}

function withoutProcess(right: StudiedAnalysis, process: string): StudiedAnalysis {
  const { processes, nuisances } = right.entry;
  const others = Object.entries(processes).filter(([name]) => name !== process);
  const acts = ([, own]: readonly [string, { readonly processes?: readonly string[] }]) =>
    own.processes === undefined || own.processes.some((name) => name !== process);
  return withEntry(right, {
    processes: Object.fromEntries(others) satisfies Record<string, ProcessEntry>,
    nuisances: Object.fromEntries(Object.entries(nuisances).filter(acts)),
  });
}

/** A twentieth of the data, of a kind that no process has: a hump in every feature. */
function withUnsimulated(right: StudiedAnalysis, means: Readonly<Record<string, readonly [number, number]>>) {
  const data = right.files["data.npz"]!;
  const count = Math.round(0.05 * Object.values(data)[0]!.length);
  const own = Object.entries(means).map(([name, [mean, width]]) => {
    const values = new Float64Array(count);
    fillNormal(randomKey(1, `unsimulated/${name}`), 0, values);
    return [name, values.map((value) => mean + width * value)] as const;
  });
  const all = joined([data, Object.fromEntries(own)]);
  return { ...right, files: { ...right.files, "data.npz": all } };
}

/** Of its key, the settings of the analysis and these. */
const withX = (right: StudiedAnalysis, key: "flows" | "morph", more: object) =>
  withEntry(right, { [key]: { x: { ...right.entry[key].x, ...more } } });

/** Features as they are, none moved from their edges. */
function withoutTransform(right: StudiedAnalysis): StudiedAnalysis {
  const { x } = right.entry.observables;
  return withEntry(right, { observables: { x: { ...x, transform: ["none"] } } });
}

/** Settings of all trainings, beside the others. */
function withTraining(right: StudiedAnalysis, more: object): StudiedAnalysis {
  const training = { ...(right.entry.flows.x as { readonly training: object }).training, ...more };
  return withX(withX(right, "flows", { training }), "morph", { training });
}

export const MUTATIONS: readonly Mutation[] = [
  {
    name: "swapped",
    analysis: "spectrum",
    what: "the samples of jes and model of the background exchanged",
    mutate: (right) => exchanged(right, "background_jes_up.npz", "background_model_up.npz"),
    names: /exchanged/,
  },
  {
    name: "up-down",
    analysis: "spectrum",
    what: "jes up and down exchanged in the signal alone",
    mutate: (right) => exchanged(right, "signal_jes_up.npz", "signal_jes_down.npz"),
    names: /exchanged/,
  },
  {
    name: "weights",
    analysis: "spectrum",
    what: "weights dropped",
    mutate: (right) => withEntry(right, { simulation: {} }),
    names: /weights/,
  },
  {
    name: "tail",
    analysis: "spectrum",
    what: "simulation cut at the third σ of pT",
    mutate: (right) => withoutTail(right, "pt"),
    names: /the largest simulated value|Cut data and simulation/,
  },
  {
    name: "process",
    analysis: "cut",
    what: "the signal missing",
    mutate: (right) => withoutProcess(right, "signal"),
    names: /process (?:that is )?missing/,
  },
  {
    name: "affine",
    analysis: "cut",
    what: "an affine morph on a spectrum between cuts, without transforms",
    mutate: (right) => withX(withoutTransform(right), "morph", { kind: "affine" }),
    names: /the morph of x|morph\.x/,
  },
  {
    name: "rate",
    analysis: "cut",
    what: "learning rates × 1000",
    mutate: (right) => withTraining(right, { learningRate: 2 }),
    names: /learningRate/,
  },
  {
    name: "fifty",
    analysis: "spectrum",
    what: "50 events of every simulated sample",
    mutate: (right) =>
      withFiles(right, (columns, file) => (isSimulation(file) ? kept(columns, (i) => i < 50) : columns)),
    names: /more events of simulation|more simulation/,
  },
  {
    name: "unsimulated",
    analysis: "spectrum",
    what: "5% of the data unsimulated",
    mutate: (right) => withUnsimulated(right, { pt: [150, 12], eta: [2, 0.3] }),
    names: /process (?:that is )?missing/,
  },
  {
    name: "sentinel",
    analysis: "cut",
    what: "−999 in 1% of a feature of the data",
    mutate: (right) => withFeature(right, ["data.npz"], "f1", (value, i) => (i % 100 === 0 ? -999 : value)),
    names: /-999/,
  },
  {
    name: "sentinel-simulation",
    analysis: "cut",
    what: "−999 in 1% of a feature of one simulated sample",
    mutate: (right) => withFeature(right, ["bkg_up.npz"], "f2", (value, i) => (i % 100 === 0 ? -999 : value)),
    names: /-999/,
  },
  {
    name: "unit",
    analysis: "spectrum",
    what: "pT of one variation in MeV",
    mutate: (right) => withFeature(right, ["background_jes_up.npz"], "pt", (value) => 1000 * value),
    names: /unit/,
  },
  {
    name: "unit-data",
    analysis: "spectrum",
    what: "pT of the data in MeV",
    mutate: (right) => withFeature(right, ["data.npz"], "pt", (value) => 1000 * value),
    names: /unit|Cut data and simulation/,
  },
  {
    name: "calibration",
    analysis: "cut",
    what: "a mass of the data that is 1.5% too large",
    mutate: (right) => withFeature(right, ["data.npz"], "mass", (value) => 1.015 * value),
    names: /Cut data and simulation|systematic effect without a nuisance/,
  },
];
