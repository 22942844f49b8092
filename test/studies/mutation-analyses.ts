/**
 * Two analyses that are right, made from closed forms, for the study of mutations: a spectrum of pT on a logarithmic scale with weights, two
 * shape nuisances and a rate; and a peak on an exponential spectrum between two cuts. Sizes are those of a run of half a minute.
 */
import { fillNormal, fillUniform, randomKey } from "../../engine/random/random.js";

/** Columns by name, one number per event each. */
export type Columns = Readonly<Record<string, Float64Array>>;

export interface SampleEntry {
  readonly file: string;
  readonly at?: Readonly<Record<string, number>>;
}

export interface ProcessEntry {
  readonly yield: number;
  readonly samples: readonly SampleEntry[];
}

/** The file of an analysis, as far as mutations change it. */
export interface AnalysisEntry {
  readonly observables: { readonly x: object };
  readonly flows: { readonly x: object };
  readonly morph: { readonly x: object };
  readonly processes: Readonly<Record<string, ProcessEntry>>;
  readonly nuisances: Readonly<Record<string, object>>;
  readonly [key: string]: unknown;
}

export interface StudiedAnalysis {
  readonly entry: AnalysisEntry;
  /** By the name of the file, those of the data too. */
  readonly files: Readonly<Record<string, Columns>>;
}

/** What the study changes: events of the data, and of every sample. */
export interface Sizes {
  readonly data: number;
  readonly sample: number;
}

/** As many steps of training for every size. */
const trainingOf = ({ sample }: Sizes) => ({ batch: Math.round(sample / 40) });

/** Scans and impacts are not looked at, and take longer than the fit. */
const quick = (one: string, other: string) => ({
  scan: { nuisances: [one], pairs: [[one, other]], points: 3, grid: 3 },
  impacts: { enabled: false },
  fit: { minos: false },
});

function draws(seed: number, purpose: string, count: number) {
  const [uniform, normal] = [new Float64Array(2 * count), new Float64Array(4 * count)];
  fillUniform(randomKey(seed, `${purpose}/uniform`), 0, uniform);
  fillNormal(randomKey(seed, `${purpose}/normal`), 0, normal);
  return {
    uniform: (k: number, i: number) => uniform[2 * i + k]! + 2 ** -54,
    normal: (k: number, i: number) => normal[4 * i + k]!,
  };
}

/** Thousands of events: a Poisson number is a rounded normal one. */
function poisson(seed: number, purpose: string, mean: number): number {
  const value = new Float64Array(1);
  fillNormal(randomKey(seed, purpose), 0, value);
  return Math.round(mean + Math.sqrt(mean) * value[0]!);
}

export const joined = (parts: readonly Columns[]): Columns =>
  Object.fromEntries(
    Object.keys(parts[0]!).map((name) => [name, Float64Array.from(parts.flatMap((part) => [...part[name]!]))]),
  );

interface SpectrumPoint {
  readonly jes: number;
  readonly model: number;
}

const SPECTRUM_TRUTH: SpectrumPoint & { readonly norm: number } = { jes: 0.8, model: 0.6, norm: -0.5 };
const KAPPA = 0.05;
/** The generator makes tails of ln pT this much wider than they are; weights undo it. */
const WIDER = 1.3;

/** ln pT and eta of one process; with weights, 10% of them negative, as of a generator at next-to-leading order. */
function spectrum(
  process: 0 | 1,
  count: number,
  nu: SpectrumPoint,
  seed: number,
  purpose: string,
  isWeighted: boolean,
) {
  const { uniform, normal } = draws(seed, purpose, count);
  const mean = (process === 0 ? 4.2 : 3.8) + 0.05 * nu.jes;
  const width = process === 0 ? 0.4 : 0.5 * Math.exp(0.08 * nu.model);
  const [pt, eta, w] = [new Float64Array(count), new Float64Array(count), new Float64Array(count)];
  for (let i = 0; i < count; i++) {
    const z = normal(0, i) * (isWeighted ? WIDER : 1);
    pt[i] = Math.exp(mean + width * z);
    eta[i] = (process === 0 ? 1 : 1.5) * normal(1, i);
    const ratio = isWeighted ? WIDER * Math.exp(-0.5 * z * z * (1 - WIDER ** -2)) : 1;
    const size = 1.25;
    w[i] = ratio * (uniform(0, i) < (1 + 1 / size) / 2 ? size : -size);
  }
  return isWeighted ? { pt, eta, w } : { pt, eta };
}

export function spectrumAnalysis(seed: number, sizes: Sizes): StudiedAnalysis {
  const { data, sample } = sizes;
  const training = trainingOf(sizes);
  const yields = [0.4 * data, 0.6 * data] as const;
  const variations = { nominal: {}, jes_up: { jes: 1 }, jes_down: { jes: -1 }, model_up: { model: 1 } } as const;
  const names = ["signal", "background"] as const;
  const simulated = names.flatMap((name, f) =>
    Object.entries(variations).flatMap(([variation, nu]) => {
      if (f === 0 && variation === "model_up") return [];
      const file = `${name}_${variation}.npz`;
      return [[file, spectrum(f as 0 | 1, sample, { jes: 0, model: 0, ...nu }, seed, file, true)] as const];
    }),
  );
  const measured = yields.map((expected, f) => {
    const rate = f === 1 ? (1 + KAPPA) ** SPECTRUM_TRUTH.norm : 1;
    const count = poisson(seed, `data/${f}`, expected * rate);
    return spectrum(f as 0 | 1, count, SPECTRUM_TRUTH, seed, `data/${f}/events`, false);
  });
  const samplesOf = (name: string, more: readonly SampleEntry[]) => [
    { file: `${name}_nominal.npz` },
    { file: `${name}_jes_up.npz`, at: { jes: 1 } },
    { file: `${name}_jes_down.npz`, at: { jes: -1 } },
    ...more,
  ];
  return {
    entry: {
      name: "spectrum",
      seed,
      output: "out",
      observables: { x: { features: 2, columns: ["pt", "eta"] } },
      likelihood: { observables: ["x"] },
      processes: {
        signal: { yield: yields[0], samples: samplesOf("signal", []) },
        background: {
          yield: yields[1],
          samples: samplesOf("background", [{ file: "background_model_up.npz", at: { model: 1 } }]),
        },
      },
      nuisances: {
        jes: { acceptance: "none" },
        model: { processes: ["background"], acceptance: "none" },
        norm: { kind: "rate", processes: ["background"], kappa: KAPPA },
      },
      simulation: { weight: "w" },
      data: { file: "data.npz" },
      truth: SPECTRUM_TRUTH,
      flows: { x: { training } },
      morph: { x: { training } },
      ...quick("norm", "jes"),
    },
    files: { ...Object.fromEntries(simulated), "data.npz": joined(measured) },
  };
}

const [LOW, HIGH] = [100, 160];

/** A mass and two other features. */
function peak(isSignal: boolean, count: number, seed: number, purpose: string, shape: PeakShape): Columns {
  const { uniform, normal } = draws(seed, purpose, count);
  const { mean, width, slope } = shape;
  const [first, last] = [Math.exp(-slope * LOW), Math.exp(-slope * HIGH)];
  const mass = Float64Array.from({ length: count }, (_, i) =>
    isSignal ? mean + width * normal(0, i) : -Math.log(first - uniform(0, i) * (first - last)) / slope,
  );
  const f1 = Float64Array.from({ length: count }, (_, i) => (isSignal ? 0.8 : -0.2) + normal(1, i));
  const f2 = Float64Array.from({ length: count }, (_, i) => (isSignal ? 0.5 : -0.1) + 0.8 * normal(2, i));
  return { mass, f1, f2 };
}

interface PeakShape {
  readonly mean: number;
  readonly width: number;
  readonly slope: number;
}

const NOMINAL: PeakShape = { mean: 125, width: 1.5, slope: 0.03 };

export function cutAnalysis(seed: number, sizes: Sizes): StudiedAnalysis {
  const { data, sample } = sizes;
  const training = trainingOf(sizes);
  const variations: Readonly<Record<string, readonly [boolean, Partial<PeakShape>, Readonly<Record<string, number>>]>> =
    {
      sig: [true, {}, {}],
      sig_scale_up: [true, { mean: 125.5 }, { scale: 1 }],
      sig_scale_down: [true, { mean: 124.5 }, { scale: -1 }],
      bkg: [false, {}, {}],
      bkg_up: [false, { slope: 0.035 }, { slope: 1 }],
      bkg_down: [false, { slope: 0.025 }, { slope: -1 }],
    };
  const files = Object.entries(variations).map(([name, [isSignal, shape]]) => {
    const file = `${name}.npz`;
    return [file, peak(isSignal, sample, seed, file, { ...NOMINAL, ...shape })] as const;
  });
  const yields = { sig: 0.05 * data, bkg: 0.95 * data };
  const measured = [
    peak(true, poisson(seed, "data/sig", 1.3 * yields.sig), seed, "data/sig/events", NOMINAL),
    peak(false, poisson(seed, "data/bkg", yields.bkg), seed, "data/bkg/events", { ...NOMINAL, slope: 0.0315 }),
  ];
  const samplesOf = (prefix: string): SampleEntry[] =>
    Object.entries(variations).flatMap(([name, [, , at]]) =>
      name.startsWith(prefix) ? [{ file: `${name}.npz`, ...(Object.keys(at).length > 0 && { at }) }] : [],
    );
  return {
    entry: {
      name: "cut spectrum",
      seed,
      output: "out",
      observables: { x: { features: 3, columns: ["mass", "f1", "f2"] } },
      likelihood: { observables: ["x"] },
      processes: {
        signal: { yield: yields.sig, samples: samplesOf("sig") },
        background: { yield: yields.bkg, samples: samplesOf("bkg") },
      },
      nuisances: {
        mu: { kind: "rate", processes: ["signal"], kappa: 1.718281828 },
        scale: { processes: ["signal"], acceptance: "none" },
        slope: { processes: ["background"], acceptance: "none" },
        nb: { kind: "rate", processes: ["background"], kappa: 0.2 },
      },
      data: { file: "data.npz" },
      flows: { x: { training } },
      morph: { x: { training } },
      ...quick("nb", "slope"),
    },
    files: { ...Object.fromEntries(files), "data.npz": joined(measured) },
  };
}
