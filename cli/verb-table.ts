/** Every verb: what help says, which options it takes, and where its code is. Loaded only when called. */
import type { OptionName } from "./arguments.js";
import type { VerbFunction } from "./verb.js";

export interface VerbEntry {
  readonly summary: string;
  /** Operands as help shows them, e.g. `FILE`; in brackets: optional. */
  readonly operands: readonly string[];
  /** Options besides --help. */
  readonly options: readonly OptionName[];
  /** Lines of help below the summary. */
  readonly details: string;
  readonly load: () => Promise<VerbFunction>;
}

const COMPUTING = ["set", "seed", "backend", "precision", "threads"] as const satisfies readonly OptionName[];

export const VERBS: Readonly<Record<string, VerbEntry>> = {
  run: {
    summary: "the whole chain: simulate or read, train, check, fit, profile, scan, report",
    operands: ["FILE"],
    options: [...COMPUTING, "out", "force", "json"],
    details:
      "Finished steps are kept in the output folder and not repeated; --force starts afresh. Exits with 3 where the fit that\n" +
      "gives the result did not converge.",
    load: async () => (await import("./verbs/run.js")).run,
  },
  evaluate: {
    summary: "log-density of every event at a point nu, into an npz file",
    operands: ["FILE"],
    options: [...COMPUTING, "nu", "head", "out", "json"],
    details: "Writes `log_prob` (f64, natural logarithm; no constraint, no extended term) to --out.",
    load: async () => (await import("./verbs/evaluate.js")).evaluate,
  },
  hessian: {
    summary: "negative log-likelihood, gradient, Hessian, covariance and modes at a point nu",
    operands: ["FILE"],
    options: [...COMPUTING, "nu", "head", "out", "json"],
    details: "`data` is the plain sum over the events; `total` adds the constraints and the extended term.",
    load: async () => (await import("./verbs/hessian.js")).hessian,
  },
  fit: {
    summary: "minimise over nu with everything else frozen",
    operands: ["FILE"],
    options: [...COMPUTING, "nu", "head", "out", "json"],
    details:
      "--nu is the starting point. Exits with 3 where the fit did not converge; its results are written all the same.",
    load: async () => (await import("./verbs/fit.js")).fit,
  },
  scan: {
    summary: "scan -2 Delta ln L in one and two dimensions",
    operands: ["FILE"],
    options: [...COMPUTING, "head", "out", "json"],
    details:
      "Scans what `scan` in the file names, around the best fit. Exits with 3 where that did not converge; where it\n" +
      "still gave every nuisance an error, the scans are written all the same.",
    load: async () => (await import("./verbs/scan.js")).scan,
  },
  init: {
    summary: "write a commented configuration to start from",
    operands: ["[FILE]"],
    options: ["force"],
    details: "FILE is analysis.yaml where none is given. An existing file is kept unless --force.",
    load: async () => (await import("./verbs/init.js")).init,
  },
  validate: {
    summary: "check a configuration and that its files are there",
    operands: ["[FILE]"],
    options: ["set", "seed", "schema", "json"],
    details: "--json prints the configuration with every default filled in.",
    load: async () => (await import("./verbs/validate.js")).validate,
  },
  doctor: {
    summary: "what this machine offers: backends, threads, SIMD, memory, WebGPU adapter",
    operands: [],
    options: ["json"],
    details: "Exits with 1 where something that unbinned needs is missing.",
    load: async () => (await import("./verbs/doctor.js")).doctor,
  },
  kernels: {
    summary: "what the programs of an analysis are lowered to",
    operands: ["FILE"],
    options: [...COMPUTING, "json"],
    details: "Prints the kernels of the likelihood, their fused operations and the passes over the events.",
    load: async () => (await import("./verbs/kernels.js")).kernels,
  },
};
