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
/** What is changed of the parameters of a composition. */
const PARAMETERS = ["fix", "free", "set-parameter", "limit"] as const satisfies readonly OptionName[];
const LIKELIHOOD = [...COMPUTING, "events", "run"] as const satisfies readonly OptionName[];

const CHOICE_OF_NU =
  "nu is --nu; else the estimate that `run` or `fit --out` left in the folder of results (--run); else the nominal values. It is\n" +
  "always printed, with where it comes from.";

/** Verbs of earlier versions, and what they are called now. */
export const RENAMED: Readonly<Record<string, string>> = { profile: "time" };

export const VERBS: Readonly<Record<string, VerbEntry>> = {
  run: {
    summary: "the whole chain: simulate or read, train, check, fit, profile, scan, report",
    operands: ["FILE"],
    options: [...COMPUTING, ...PARAMETERS, "out", "only", "from", "part", "replica", "force", "json"],
    details:
      "Finished steps are kept in the output folder and not repeated; --force starts afresh, --from repeats a step and what follows\n" +
      "from it. With --only results and report are made of the steps that are done, and say what is left out; they need the fits.\n" +
      "The first part of names, such as `scans`, stands for all steps whose names begin so. Exits with 3 where the fit that\n" +
      "gives the result did not converge. Of several runs into one folder one works and the others wait; with --part steps\n" +
      "they share the work, and a step that one does others wait for: `unbinned plan` makes jobs of it. --part report makes\n" +
      "results and report of what is done, and ends with 1 where steps are missing.",
    load: async () => (await import("../verbs/run.js")).run,
  },
  coverage: {
    summary: "do the intervals contain the truth? toy experiments, pulls and coverage",
    operands: ["FILE"],
    options: [
      ...COMPUTING,
      ...PARAMETERS,
      "out",
      "toys",
      "toy",
      "mode",
      "toys-from",
      "at",
      "aggregate",
      "force",
      "json",
    ],
    details:
      "Toys come from the generator at `truth`; of an analysis of files they are simulated events, drawn from the samples at every\n" +
      "point in turn (--at: at one), so that a density that does not describe them shows as a bias, and ends the command with 4.\n" +
      "--toys-from model draws from the fitted model, which is right in its own toys. Simulated events have no T: with --mode data toys\n" +
      "are of the model. Each is kept in a file of its own under coverage/ of the output folder; --toys N runs those that are\n" +
      "missing and writes coverage.json; --toys A-B and --toy run these alone (for batch systems: `unbinned plan`); --aggregate sums up,\n" +
      "and with --toys N says which of N are missing, and ends with 1; --force repeats. Toys of a composition (a file\n" +
      "with `likelihoods`) are drawn at its estimates (--at a=1,b=2: with other true values), outcomes of auxiliary measurements too.",
    load: async () => (await import("../verbs/coverage.js")).coverage,
  },
  evaluate: {
    summary: "log-density of every event at a point nu, into an npz or a Parquet file",
    operands: ["FILE"],
    options: [...LIKELIHOOD, "nu", "head", "out", "json"],
    details: `Writes \`log_prob\` (f64, natural logarithm; no constraint, no extended term) to --out, of .npz or .parquet.\n${CHOICE_OF_NU}`,
    load: async () => (await import("../verbs/evaluate.js")).evaluate,
  },
  hessian: {
    summary: "negative log-likelihood, gradient, Hessian, covariance and modes at a point nu",
    operands: ["FILE"],
    options: [...LIKELIHOOD, "nu", "head", "out", "json"],
    details: `\`data\` is the plain sum over the events; \`total\` adds the constraints and the extended term.\n${CHOICE_OF_NU}`,
    load: async () => (await import("../verbs/hessian.js")).hessian,
  },
  fit: {
    summary: "minimise over nu with everything else frozen; of a composition, over its parameters",
    operands: ["FILE"],
    options: [...LIKELIHOOD, ...PARAMETERS, "nu", "head", "out", "json"],
    details:
      "--nu is the starting point. Exits with 3 where the fit did not converge; its results are written all the same. A composition\n" +
      "(a file with `likelihoods`) takes --set-parameter, --fix, --free and --limit in place of --nu, --events, --run and --head.",
    load: async () => (await import("../verbs/fit.js")).fit,
  },
  scan: {
    summary: "scan -2 Delta ln L in one and two dimensions",
    operands: ["FILE"],
    options: [...LIKELIHOOD, "head", "out", "json"],
    details:
      "Scans what `scan` in the file names, around the best fit. Exits with 3 where that did not converge; where it\n" +
      "still gave every nuisance an error, the scans are written all the same.",
    load: async () => (await import("../verbs/scan.js")).scan,
  },
  apply: {
    summary: "the measured map T of every event of a file, with its variations, as columns",
    operands: ["FILE"],
    options: [
      ...COMPUTING,
      "events",
      "run",
      "direction",
      "process",
      "process-column",
      "nu",
      "simulated-at",
      "out",
      "json",
    ],
    details:
      "Corrects simulation (to-data), or takes data to simulation. --out (npz, safetensors or csv) gets all columns of --events\n" +
      "and, for every column of y, say mass, mass.data (to-simulation: mass.simulation; mass.NAME and probability.NAME of\n" +
      "every process where none is given), each with .mode1.up, .mode1.down, ... at one standard deviation of every mode of\n" +
      "the fit and .replica0, ... of the ensemble, and log_det. An input that has a column of such a name is refused. Simulation was made, or is wanted, at --simulated-at: T is of simulation at nu, to which the morph of y\n" +
      `takes it first.\n${CHOICE_OF_NU}`,
    load: async () => (await import("../verbs/apply.js")).apply,
  },
  export: {
    summary: "one self-contained folder for apply and evaluate: model, replicas, fit, configuration, checksums",
    operands: ["FILE"],
    options: ["set", "seed", "run", "out", "force", "json"],
    details:
      "Makes the folder --out whole or not at all. It holds no data and no samples: evaluate there takes --events.\n" +
      "`sha256sum -c checksums.txt` verifies it, and so does every verb that uses it. --force replaces an earlier export.",
    load: async () => (await import("../verbs/export.js")).exportFolder,
  },
  init: {
    summary: "write a commented configuration to start from",
    operands: ["[FILE]"],
    options: ["force"],
    details: "FILE is analysis.yaml where none is given. An existing file is kept unless --force.",
    load: async () => (await import("../verbs/init.js")).init,
  },
  validate: {
    summary: "check a configuration and the files it names: what `run` would refuse",
    operands: ["[FILE]"],
    options: ["set", "seed", ...PARAMETERS, "schema", "json"],
    details: "--json prints the configuration with every default filled in.",
    load: async () => (await import("../verbs/validate.js")).validate,
  },
  expand: {
    summary: "the graph of a composition, or of a measurement, everything filled in, as YAML",
    operands: ["FILE"],
    options: ["set", "seed", ...PARAMETERS, "run", "hs3", "json"],
    details:
      "Kinds and fields have the names of HS3, the HEP Statistics Serialization Standard, where that has them. Densities of regions\n" +
      "of channels are written out. Of a measurement with simulation it prints what `run` will make: steps, samples and architectures of\n" +
      "the flows, and under decided_by_run what samples and trainings decide, which is null where it is a number. With --run it prints\n" +
      "what that run trained. --hs3 prints a file of HS3 in JSON, with the events: RooFit reads it, and so do run, fit and\n" +
      "the other verbs (docs/hs3.md).",
    load: async () => (await import("../verbs/expand.js")).expand,
  },
  steps: {
    summary: "the steps of an analysis and their state",
    operands: ["FILE"],
    options: [...COMPUTING, ...PARAMETERS, "out", "json"],
    details:
      "A step is done where the folder of results has it with the same key, which stands for everything that it follows from, and\n" +
      "stale where it has it with another; `run` does what is not done, and resumes what is unfinished. A step that is waiting\n" +
      "follows from numbers that are not there yet. Give the options that `run` gets: they are part of the key.",
    load: async () => (await import("../verbs/steps.js")).steps,
  },
  plan: {
    summary: "the steps of an analysis, or of a coverage study, as jobs for a batch system",
    operands: ["FILE"],
    options: [...COMPUTING, ...PARAMETERS, "engine", "out", "toys", "toys-per-job", "mode", "toys-from", "at", "json"],
    details:
      "Writes plan/ in the output folder, which all machines must see: a Snakefile, scripts for Slurm or a DAG of HTCondor, and jobs.sh\n" +
      "with the commands. Without --toys it is the run, with --toys N the coverage study of N toys. Time and memory are what an\n" +
      "earlier run into this folder took, with a margin. The report names what is missing: make the plan again, which marks what\n" +
      "is done, and run it again (docs/cluster.md).",
    load: async () => (await import("../verbs/plan.js")).plan,
  },
  migrate: {
    summary: "rename the keys of a configuration of an earlier version",
    operands: ["FILE"],
    options: ["out", "force", "json"],
    details:
      "Comments, order, anchors and blank lines are kept. FILE itself is written and its old text kept in FILE.old; --out writes\n" +
      "to another file instead, --out - to stdout. Existing files are kept unless --force. Where all keys are of this version,\n" +
      "nothing is written.",
    load: async () => (await import("../verbs/migrate.js")).migrate,
  },
  doctor: {
    summary: "what this machine offers: backends, threads, SIMD, memory, WebGPU adapter",
    operands: [],
    options: ["json"],
    details: "Exits with 1 where something that unbinned needs is missing.",
    load: async () => (await import("../verbs/doctor.js")).doctor,
  },
  kernels: {
    summary: "what the programs of an analysis are lowered to",
    operands: ["FILE"],
    options: [...LIKELIHOOD, "json"],
    details: "Prints the kernels of the likelihood, their fused operations and the passes over the events.",
    load: async () => (await import("../verbs/kernels.js")).kernels,
  },
  time: {
    summary:
      "where the time of the likelihood goes: kernels with time, arithmetic, bytes, fraction of the machine's peak",
    operands: ["FILE"],
    options: [...LIKELIHOOD, "nu", "head", "order", "json"],
    details:
      "Evaluates for about a second with a clock between kernels (some 0.1 us a call; on webgpu stamps of the GPU), and\n" +
      "measures what the machine gives at best. Numbers are those of the quickest evaluation; what data and weights alone decide is\n" +
      "computed once and has a table of its own. A function counts the instructions of its form in f32: exp 22, log 23.\n" +
      "--json has every kernel, also those that take little.",
    load: async () => (await import("../verbs/time.js")).time,
  },
};
