/** Contestants as processes of their own. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { delimiter } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { findAdapters } from "../../cli/doctor/facts.js";
import type { Failure, Request } from "./protocol.js";

/** How to start a contestant; `mode` and `threads` are arguments of its process. */
export interface Kind {
  readonly name: string;
  readonly command: readonly [string, string];
  readonly mode: string;
  readonly device: "cpu" | "gpu";
  /** Of the cpu. */
  readonly threads: number;
  /** Whether it has weights of its own, and so other answers. */
  readonly hasOwnWeights?: boolean;
  /** Whether it can say what it gets out of its device at best. */
  readonly knowsPeak: boolean;
  /** Its names for a task of ours, if it does that at all: there may be several ways. */
  tasks(task: string, events: number): readonly string[];
}

/** What it runs on: those with the same are compared. */
export const placeOf = ({ device, threads }: Kind): string => (device === "gpu" ? "GPU" : String(threads));

const root = fileURLToPath(new URL("../../../", import.meta.url));
const rivals = `${root}bench/rivals`;

export class Contestant {
  private readonly child: ChildProcess;
  private readonly waiting: ((line: string | undefined) => void)[] = [];

  constructor(
    readonly kind: Kind,
    folder: string,
  ) {
    const [program, script] = kind.command;
    const threads = String(kind.threads);
    const env = { ...process.env, OMP_NUM_THREADS: threads, MKL_NUM_THREADS: threads, OPENBLAS_NUM_THREADS: threads };
    this.child = spawn(program, [script, folder, kind.mode, threads], { stdio: ["pipe", "pipe", "ignore"], env });
    createInterface({ input: this.child.stdout! }).on("line", (line) => this.waiting.shift()?.(line));
    // Whatever ends it, what was asked is answered; a pipe that broke says nothing more.
    this.child.stdin!.on("error", () => {});
    this.child.on("close", () => {
      for (const tell of this.waiting.splice(0)) tell(undefined);
    });
  }

  /** Throws what the contestant says went wrong. */
  async ask<T>(request: Request): Promise<T> {
    const line = await new Promise<string | undefined>((resolve) => {
      if (this.child.exitCode !== null || this.child.signalCode !== null) return resolve(undefined);
      this.waiting.push(resolve);
      this.child.stdin!.write(`${JSON.stringify(request)}\n`);
    });
    const reply = line === undefined ? { error: "it ended" } : (JSON.parse(line) as T | Failure);
    if (typeof reply === "object" && reply !== null && "error" in reply) {
      throw new Error(`${this.kind.name}, ${this.kind.mode}, threads ${this.kind.threads}: ${reply.error}`);
    }
    return reply as T;
  }

  /** From now on, `peakMiB` means what was needed from here on. Linux only. */
  forgetPeak(): void {
    const file = `/proc/${this.child.pid}/clear_refs`;
    if (existsSync(file)) writeFileSync(file, "5");
  }

  /** Largest resident memory; `undefined` where the system does not tell. */
  peakMiB(): number | undefined {
    const file = `/proc/${this.child.pid}/status`;
    if (!existsSync(file)) return undefined;
    const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync(file, "utf8"));
    return line === null ? undefined : Number(line[1]) / 1024;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.child.exitCode !== null || this.child.signalCode !== null) return resolve();
      this.child.once("close", () => resolve());
      this.child.stdin!.end();
    });
  }
}

/** One, two, and all. */
const threadCounts = [...new Set([1, 2, availableParallelism()])];

const script = fileURLToPath(new URL("./ours.js", import.meta.url));
const ourOwn = {
  name: "unbinned",
  command: [process.execPath, script] as const,
  knowsPeak: true,
  tasks: (task: string) => [task],
};

/** Ours on the cpu, and where there is a GPU (`softwareGpu`: or what acts as one), on that. */
export async function ourKinds(softwareGpu: boolean): Promise<readonly Kind[]> {
  const { adapters } = await findAdapters();
  const hasGpu = adapters.some(({ isSoftware }) => softwareGpu || !isSoftware);
  return [
    ...threadCounts.map((threads) => ({ ...ourOwn, mode: "cpu", device: "cpu", threads }) as const),
    ...(hasGpu ? [{ ...ourOwn, mode: "webgpu", device: "gpu", threads: 1 } as const] : []),
  ];
}

interface Python {
  readonly program: string;
  readonly version: string;
  readonly canCompile: boolean;
  readonly hasGpu: boolean;
}

const QUESTION =
  "import torch, json; print(json.dumps([torch.__version__, hasattr(torch, 'compile'), torch.cuda.is_available()]))";
const JAX_QUESTION = "import jax; print(jax.__version__)";

/** The Pythons among `UNBINNED_PYTHON` (a list like PATH) or, without it, in the usual places, with their answers. */
function pythonsThat(question: string): (readonly [program: string, answer: string])[] {
  const { UNBINNED_PYTHON: given } = process.env;
  const programs = given === undefined ? ["python3", "/usr/bin/python3"] : given.split(delimiter);
  const found = new Map<string, string>();
  for (const program of programs) {
    const { status, stdout } = spawnSync(program, ["-c", question], { encoding: "utf8" });
    const answer = stdout?.trim();
    if (status === 0 && !found.has(answer)) found.set(answer, program);
  }
  return [...found].map(([answer, program]) => [program, answer]);
}

const torches = (): Python[] =>
  pythonsThat(QUESTION).map(([program, answer]) => {
    const [version, canCompile, hasGpu] = JSON.parse(answer) as [string, boolean, boolean];
    return { program, version, canCompile, hasGpu };
  });

/** Of `events`, more than this take minutes. */
const MOST_OF_ONE_CALL = 1e6;

const graphTasks = {
  logProb: ["logProb"],
  trainingStep: ["trainingStep"],
  sampling: ["stagedSampling"],
  likelihood: ["likelihood"],
  scan: ["scan"],
  stepOne: ["stepOne"],
  stepTwo: ["stepTwo"],
};
const eagerTasks = {
  ...graphTasks,
  nll: ["nll"],
  sampling: ["sampling", "stagedSampling"],
  hessian: ["hessian", "cutByHand"],
  scan: ["scan", "plainScan"],
  likelihoodHessian: ["likelihoodHessian"],
};

/** Modes and the tasks that they can do: what is differentiated twice is neither traced nor compiled. */
const torchTasks: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  eager: eagerTasks,
  trace: graphTasks,
  compile: graphTasks,
  cuda: eagerTasks,
  "cuda-compile": graphTasks,
};

function torchKinds(): Kind[] {
  return torches().flatMap(({ program, version, canCompile, hasGpu }) => {
    const kind = (mode: string, device: Kind["device"], threads: number): Kind => ({
      name: `PyTorch ${version}`,
      command: [program, `${rivals}/torch_rival.py`],
      mode,
      device,
      threads,
      knowsPeak: mode === "eager" || mode === "cuda",
      tasks: (task, events) => (events > MOST_OF_ONE_CALL ? [] : (torchTasks[mode]![task] ?? [])),
    });
    // Where there is torch.compile, traces are slower than what they are made of.
    const modes = ["eager", canCompile ? "compile" : "trace"];
    return [
      ...modes.flatMap((mode) => threadCounts.map((threads) => kind(mode, "cpu", threads))),
      ...(hasGpu && canCompile ? ["cuda", "cuda-compile"].map((mode) => kind(mode, "gpu", 1)) : []),
    ];
  });
}

const flowTasks = ["logProb", "trainingStep", "sampling"];

function jaxKinds(): Kind[] {
  return pythonsThat(JAX_QUESTION).flatMap(([program, version]) =>
    threadCounts.map(
      (threads): Kind => ({
        name: `JAX ${version}`,
        command: [program, `${rivals}/jax_flows.py`],
        mode: "jit",
        device: "cpu",
        threads,
        knowsPeak: false,
        tasks: (task) => flowTasks.filter((own) => own === task),
      }),
    ),
  );
}

/** Flows in PyTorch by others: our script must be no slower. */
const libraries = ["zuko", "nflows"];

function libraryKinds(library: string): Kind[] {
  const question = `import ${library}, importlib.metadata as m; print(m.version("${library}"))`;
  return pythonsThat(question).flatMap(([program, version]) =>
    threadCounts.map(
      (threads): Kind => ({
        name: `${library} ${version}`,
        command: [program, `${rivals}/library_flows.py`],
        mode: library,
        device: "cpu",
        threads,
        hasOwnWeights: true,
        knowsPeak: false,
        tasks: (task) => flowTasks.filter((own) => own === task),
      }),
    ),
  );
}

interface Package {
  readonly name: string;
  /** npm's names of what must be there; the first has the version. */
  readonly needs: readonly string[];
  readonly script: string;
  readonly mode: string;
  readonly device: Kind["device"];
  /** What it does in less than minutes: tasks, and events of a batch. */
  readonly tasks: readonly string[];
  readonly most: number;
  readonly install: string;
}

const INSTALL = "npm run bench:install";
const jaxJs = { name: "jax-js", script: "jax_rival.mjs", tasks: flowTasks, most: 16384, install: INSTALL };
const tfjs = { name: "TensorFlow.js", script: "tfjs_rival.mjs", device: "cpu", most: 4096, install: INSTALL } as const;

const packages: readonly Package[] = [
  { ...jaxJs, needs: ["@jax-js/jax"], mode: "wasm", device: "cpu" },
  { ...jaxJs, needs: ["@jax-js/jax"], mode: "webgpu", device: "gpu" },
  { ...tfjs, needs: ["@tensorflow/tfjs", "@tensorflow/tfjs-backend-wasm"], mode: "wasm", tasks: flowTasks },
  { ...tfjs, needs: ["@tensorflow/tfjs"], mode: "cpu", tasks: ["logProb"] },
  {
    ...tfjs,
    needs: ["@tensorflow/tfjs-node"],
    mode: "node",
    tasks: flowTasks,
    install: "npm install --prefix bench/rivals --no-save @tensorflow/tfjs-node, which downloads a binary",
  },
];

const TORCH = "apt-get install python3-torch libopenblas0, or pip install torch";

/** What this machine has, and what it has not, with the command that installs it. */
export function rivalKinds(hasGpu: boolean): { readonly kinds: readonly Kind[]; readonly missing: readonly string[] } {
  const pythons = [
    ["PyTorch", torchKinds(), TORCH],
    ["JAX", jaxKinds(), "pip install jax"],
    ...libraries.map((library) => [library, libraryKinds(library), `pip install ${library}`] as const),
  ] as const;
  const missing = pythons.flatMap(([name, found, install]) => (found.length > 0 ? [] : [`${name}: ${install}`]));
  const others = packages.flatMap(({ name, needs, script, mode, device, tasks: possible, most, install }) => {
    if (device === "gpu" && !hasGpu) {
      missing.push(`${name}, ${mode}: needs a GPU that \`unbinned doctor\` finds`);
      return [];
    }
    const [file, ...more] = needs.map((own) => `${rivals}/node_modules/${own}/package.json`) as [string, ...string[]];
    if (![file, ...more].every((own) => existsSync(own))) {
      missing.push(`${name}, ${mode}: ${install}`);
      return [];
    }
    const { version } = JSON.parse(readFileSync(file, "utf8")) as { readonly version: string };
    const command = [process.execPath, `${rivals}/${script}`] as const;
    const tasks = (task: string, events: number) => possible.filter((own) => own === task && events <= most);
    return [{ name: `${name} ${version}`, command, mode, device, threads: 1, knowsPeak: false, tasks }];
  });
  return { kinds: [...pythons.flatMap(([, found]) => found), ...others], missing };
}
