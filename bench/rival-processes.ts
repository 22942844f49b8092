/** Contestants as processes of their own. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { About, Failure, Request } from "./rival-protocol.js";

/** How to start a contestant; `mode` and `threads` are told to it. */
export interface Kind {
  readonly name: string;
  readonly command: readonly [string, string];
  readonly mode: string;
  readonly threads: number;
  /** Its names for a task of ours, if it does that at all: there may be several ways. */
  tasks(task: string, events: number): readonly string[];
}

const root = fileURLToPath(new URL("../../", import.meta.url));
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

export const ours: readonly Kind[] = [1, 2].map((threads) => ({
  name: "unbinned",
  command: [process.execPath, fileURLToPath(new URL("./rival-ours.js", import.meta.url))],
  mode: "cpu",
  threads,
  tasks: (task) => [task],
}));

interface Python {
  readonly program: string;
  readonly version: string;
  readonly canCompile: boolean;
}

const QUESTION = "import torch, json; print(json.dumps([torch.__version__, hasattr(torch, 'compile')]))";

/** Every PyTorch among `UNBINNED_PYTHON` (a list like PATH) or, without it, the usual places. */
function pythons(): Python[] {
  const { UNBINNED_PYTHON: told } = process.env;
  const programs = told === undefined ? ["python3", "/usr/bin/python3"] : told.split(delimiter);
  const found = new Map<string, Python>();
  for (const program of programs) {
    const { status, stdout } = spawnSync(program, ["-c", QUESTION], { encoding: "utf8" });
    if (status !== 0) continue;
    const [version, canCompile] = JSON.parse(stdout) as [string, boolean];
    if (!found.has(version)) found.set(version, { program, version, canCompile });
  }
  return [...found.values()];
}

const mixtureTasks = { stepOne: ["stepOne"], stepTwo: ["stepTwo"] };
const graphTasks = { logProb: ["logProb"], trainingStep: ["trainingStep"], sampling: ["stagedSampling"] };

/**
 * Modes and the tasks that they can do: what is differentiated twice is neither traced nor compiled, and torch.compile had not
 * compiled a step of R6 after two minutes.
 */
const torchTasks: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  eager: {
    logProb: ["logProb"],
    trainingStep: ["trainingStep"],
    sampling: ["sampling", "stagedSampling"],
    hessian: ["hessian", "cutByHand"],
    ...mixtureTasks,
  },
  trace: { ...graphTasks, ...mixtureTasks },
  compile: graphTasks,
};

function torchKinds(): Kind[] {
  return pythons().flatMap(({ program, version, canCompile }) =>
    ["eager", "trace", ...(canCompile ? ["compile"] : [])].flatMap((mode) =>
      [1, 2].map((threads): Kind => {
        const command = [program, `${rivals}/torch_rival.py`] as const;
        const tasks = (task: string) => torchTasks[mode]![task] ?? [];
        return { name: `PyTorch ${version}`, command, mode, threads, tasks };
      }),
    ),
  );
}

interface Package {
  readonly name: string;
  /** npm's name of what must be there. */
  readonly needs: string;
  readonly script: string;
  readonly mode: string;
  /** Batches beyond this take it minutes. */
  readonly most: number;
}

const flowTasks = ["logProb", "trainingStep", "sampling"];

const packages: readonly Package[] = [
  { name: "jax-js", needs: "@jax-js/jax", script: "jax_rival.mjs", mode: "wasm", most: 16384 },
  {
    name: "TensorFlow.js",
    needs: "@tensorflow/tfjs",
    script: "tfjs_rival.mjs",
    mode: "wasm",
    most: 4096,
  },
];

const TORCH = "apt-get install python3-torch libopenblas0, or pip install torch";
const PACKAGES = "npm run bench:install";

/** What this machine has, and what it has not, with the command that installs it. */
export function rivalKinds(): { readonly kinds: readonly Kind[]; readonly missing: readonly string[] } {
  const torch = torchKinds();
  const missing = torch.length > 0 ? [] : [`PyTorch: ${TORCH}`];
  const others = packages.flatMap(({ name, needs, script, mode, most }) => {
    const file = `${rivals}/node_modules/${needs}/package.json`;
    if (!existsSync(file)) {
      missing.push(`${name}: ${PACKAGES}`);
      return [];
    }
    const { version } = JSON.parse(readFileSync(file, "utf8")) as About;
    const command = [process.execPath, `${rivals}/${script}`] as const;
    const tasks = (task: string, events: number) => flowTasks.filter((own) => own === task && events <= most);
    return [{ name: `${name} ${version}`, command, mode, threads: 1, tasks }];
  });
  return { kinds: [...torch, ...others], missing };
}
