/**
 * Plans on a Slurm of two nodes and on Snakemake, undisturbed and disturbed: are the results those of `run` and `coverage` alone, bit by bit?
 * `npm run study:cluster [slurm|snakemake]`. Needs root and Debian's slurm-wlm, munge and snakemake; takes some ten minutes.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { normal, randomKey, uniform } from "../../engine/random/random.js";
import { writeNpz } from "../../io/index.js";
import { missingSlurm, type Slurm, startSlurm, until } from "../cluster/slurm.js";

const main = fileURLToPath(new URL("../../cli/main.js", import.meta.url));

const TOYS = 200;
const PER_JOB = 20;

const COVERAGE = `
name: Toys on a cluster
columns: { m: { range: [0, 10] } }
samples: { data: data.npz }
parameters: { signal: { start: 300 }, background: { start: 700 }, mean: { start: 5, range: [4, 6] } }
densities:
  peak: { gaussian: { x: m, mean: mean, sigma: 0.5 } }
  flat: { uniform: m }
  model: { mixture: { peak: signal, flat: background } }
likelihoods: { fit: { density: model, sample: data } }
`;

const ENSEMBLE = `
name: Ensemble on a cluster
seed: 3
observables: { x: { features: 2 }, y: { features: 2 } }
processes: { A: , B: }
nuisances: { shift: , squeeze: }
truth: { shift: 0.5, squeeze: -0.5 }
simulation: { generator: doi-toy, events: 20000, heldOut: 0.2 }
data: { generator: doi-toy, events: 2000 }
flows:
  x: { kind: affine, transforms: 1, hidden: [4], training: { epochs: 3, batch: 200, learningRate: 0.02 } }
  y: { kind: affine, transforms: 1, hidden: [4], training: { epochs: 3, batch: 200, learningRate: 0.02 } }
morph:
  x: { kind: affine, hidden: [4], training: { epochs: 2, batch: 200, learningRate: 0.02 } }
  y: { kind: affine, layers: 1, hidden: [4], training: { epochs: 2, batch: 200, learningRate: 0.02 } }
transport: { transforms: 1, bins: 3, hidden: [4], training: { epochs: 40, batch: 100 } }
ensemble: { replicas: 4, training: { epochs: 40, batch: 100 } }
response: { range: 2, scale: 1, layers: 1, hidden: [4], training: { epochs: 10, batch: 100 } }
fit: { secondStart: 0 }
scan: { points: 3, grid: 3, range: 1 }
impacts: { events: 300, bins: 2 }
report: { bins: 8 }
`;

const folder = mkdtempSync(join(tmpdir(), "unbinned cluster "));
const at = (...names: readonly string[]) => join(folder, ...names);
const began = performance.now();
const say = (text: string) => console.log(`${((performance.now() - began) / 1000).toFixed(0).padStart(5)} s  ${text}`);

/** Its trainings are too short to have converged, which is a verdict: exit code 4. */
function unbinned(...words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...words], { encoding: "utf8" });
  if (status !== 0 && status !== 4) throw new Error(`unbinned ${words.join(" ")} ended with ${status}: ${stderr}`);
  return stdout;
}

interface Study {
  readonly name: string;
  readonly file: string;
  /** Options of `plan`. */
  readonly plan: readonly string[];
  /** Of its plan, in the folder of plans. */
  readonly folder: string;
  /** What must have the same bits. */
  readonly results: readonly string[];
  /** Where a node is killed: something there is being done. */
  readonly busy: RegExp;
}

const coverage: Study = {
  name: "coverage",
  file: at("coverage.yaml"),
  plan: ["--toys", `${TOYS}`, "--toys-per-job", `${PER_JOB}`],
  folder: "coverage-toys",
  results: [
    "coverage/toys/coverage.json",
    ...Array.from({ length: TOYS }, (_, toy) => `coverage/toys/likelihood-fit/${toy}.json`),
  ],
  busy: /toys_1[46]0/,
};

const ensemble: Study = {
  name: "ensemble",
  file: at("ensemble.yaml"),
  plan: [],
  folder: "run",
  results: ["results.json", "arrays.npz", "report.html", "model.safetensors", "replicas.safetensors"],
  busy: /replica_[123]/,
};

const jobsOf = (study: Study, out: string, engine: string) => {
  const text = unbinned("plan", study.file, ...study.plan, "--out", at(out), "--engine", engine, "--json");
  const { jobs } = JSON.parse(text) as { jobs: readonly { readonly id: string; readonly isDone: boolean }[] };
  return jobs;
};

const planFolder = (study: Study, out: string) => at(out, "plan", study.folder);

function compare(study: Study, out: string): void {
  const unlike = study.results.filter(
    (name) => !existsSync(at(out, name)) || !readFileSync(at(study.name, name)).equals(readFileSync(at(out, name))),
  );
  if (unlike.length > 0) throw new Error(`${out}: not equal: ${unlike.join(", ")}`);
  say(`${out}: ${study.results.length} files are bit-equal to those of one command`);
}

/** What runs plans. */
interface Engine {
  readonly name: string;
  /** Begins to run a plan; what it gives ends when all jobs have ended. */
  begin(planned: string): { ended(): Promise<void> };
  /** Ends a machine on which such a job runs, in the middle. */
  killBusy(busy: RegExp, planned: string): Promise<string>;
  stop(): void;
}

function slurmEngine(slurm: Slurm): Engine {
  return {
    name: "slurm",
    begin(planned) {
      const { status, stdout, stderr } = spawnSync("sh", [join(planned, "submit.sh")], {
        env: slurm.env,
        encoding: "utf8",
      });
      if (status !== 0) throw new Error(`submit.sh: ${stderr}`);
      say(stdout.trim());
      return { ended: () => until("the end of all jobs", () => slurm.queue().length === 0, 1200) };
    },
    async killBusy(busy, planned) {
      const jobOf = (own: ReturnType<Slurm["queue"]>[number]) => {
        const [, name, task] = [own.id, own.name.replace("unbinned-", ""), own.id.split("_")[1]];
        const file = join(planned, "slurm", `${name}.sh`);
        return new RegExp(`^${task}\\) job=(\\w+)`, "m").exec(readFileSync(file, "utf8"))?.[1] ?? "";
      };
      const running = () => slurm.queue().find((own) => own.state === "RUNNING" && busy.test(jobOf(own)));
      await until("a job to kill", () => running() !== undefined, 600);
      const own = running()!;
      const text = `node ${own.node}, where ${jobOf(own)} ran`;
      await new Promise((resolve) => setTimeout(resolve, 1500));
      slurm.killNode(own.node);
      setTimeout(() => slurm.startNode(own.node), 30_000).unref();
      return text;
    },
    stop: slurm.stop,
  };
}

function snakemakeEngine(): Engine {
  let child: ChildProcess | undefined;
  return {
    name: "snakemake",
    begin(planned) {
      const words = ["--snakefile", join(planned, "Snakefile"), "--cores", "2", "--keep-going", "--quiet"];
      child = spawn("snakemake", words, { stdio: ["ignore", "ignore", "ignore"] });
      const end = new Promise<number | null>((resolve) => child?.on("close", resolve));
      return {
        ended: async () => {
          say(`snakemake ended with ${await end}`);
        },
      };
    },
    async killBusy(busy) {
      // `sh jobs.sh JOB`, and the program below it.
      const running = () =>
        descendants(child!.pid!).find((pid) => /^sh jobs\.sh \w+$/.test(lineOf(pid)) && busy.test(lineOf(pid)));
      await until("a job to kill", () => running() !== undefined, 600);
      const pid = running()!;
      const text = `the processes of ${lineOf(pid)}`;
      await new Promise((resolve) => setTimeout(resolve, 1500));
      const all = [pid, ...descendants(pid)];
      if (all.length < 2) throw new Error("the job ended before it was killed");
      for (const own of all) process.kill(own, "SIGKILL");
      return text;
    },
    stop() {},
  };
}

const lineOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
  } catch {
    return "";
  }
};

function descendants(pid: number): number[] {
  const { stdout } = spawnSync("ps", ["-o", "pid=", "--ppid", `${pid}`], { encoding: "utf8" });
  const children = stdout.split("\n").filter(Boolean).map(Number);
  return [...children, ...children.flatMap(descendants)];
}

async function undisturbed(engine: Engine, study: Study): Promise<void> {
  const out = `${engine.name} ${study.name}`;
  const jobs = jobsOf(study, out, engine.name);
  say(`${out}: ${jobs.length} jobs and the report`);
  await engine.begin(planFolder(study, out)).ended();
  compare(study, out);
  const left = jobsOf(study, out, engine.name).filter(({ isDone }) => !isDone);
  if (left.length > 0) throw new Error(`${out}: not done: ${left.map(({ id }) => id).join(", ")}`);
}

const reportLog = (planned: string) => {
  const logs = readdirSync(join(planned, "logs")).filter((name) => name.startsWith("report"));
  return logs.map((name) => readFileSync(join(planned, "logs", name), "utf8")).join("\n");
};

/** The last complaint of the report of a plan. */
function complaint(planned: string): string {
  const found = reportLog(planned)
    .split("\n")
    .filter((line) => /expected .* got /.test(line) && !line.includes("warning"));
  return found.at(-1) ?? "none";
}

/** Runs the plan again, to the end. */
async function mend(engine: Engine, study: Study, out: string): Promise<void> {
  const left = jobsOf(study, out, engine.name).filter(({ isDone }) => !isDone);
  say(`${out}: planned again; to do: ${left.map(({ id }) => id).join(", ")}`);
  await engine.begin(planFolder(study, out)).ended();
  compare(study, out);
}

/** A machine is lost, a job fails, a file is truncated. */
async function disturbedCoverage(engine: Engine): Promise<void> {
  const out = `${engine.name} coverage disturbed`;
  const toys = at(out, "coverage", "toys", "likelihood-fit");
  jobsOf(coverage, out, engine.name);
  // Nothing can be written in its place: the job of toys 40 to 59 fails there.
  mkdirSync(join(toys, "57.json"), { recursive: true });
  const running = engine.begin(planFolder(coverage, out));
  say(`${out}: killed ${await engine.killBusy(coverage.busy, planFolder(coverage, out))}`);
  const victim = join(toys, "3.json");
  await until("toy 3", () => existsSync(victim), 600);
  truncateSync(victim, 50);
  await running.ended();
  const found = complaint(planFolder(coverage, out));
  say(`${out}: the report says: ${found}`);
  if (!/got 196; missing: 3, 57-59\./.test(found)) throw new Error(reportLog(planFolder(coverage, out)));
  const { likelihoods } = JSON.parse(readFileSync(at(out, "coverage", "toys", "coverage.json"), "utf8"));
  if (`${likelihoods[0].missing}` !== "3,57,58,59") throw new Error(`coverage.json has ${likelihoods[0].missing}`);
  rmSync(join(toys, "57.json"), { recursive: true });
  await mend(engine, coverage, out);
}

/** A machine is lost, and with Slurm a job is cancelled. */
async function disturbedEnsemble(
  engine: Engine,
  cancel: (planned: string) => Promise<string | undefined>,
): Promise<void> {
  const out = `${engine.name} ensemble disturbed`;
  jobsOf(ensemble, out, engine.name);
  const planned = planFolder(ensemble, out);
  const running = engine.begin(planned);
  const cancelled = await cancel(planned);
  if (cancelled !== undefined) say(`${out}: cancelled ${cancelled}`);
  say(`${out}: killed ${await engine.killBusy(ensemble.busy, planned)}`);
  await running.ended();
  const found = complaint(planned);
  say(`${out}: the report says: ${found.slice(0, 200)}`);
  if (cancelled !== undefined && !/expected steps that are done, got/.test(found)) throw new Error(reportLog(planned));
  await mend(engine, ensemble, out);
}

/** Cancels one replica. */
const cancelReplica = (slurm: Slurm) => async (planned: string) => {
  const name = readdirSync(join(planned, "slurm"))
    .find((file) => /^replica_\d+\.sh$/.test(file))!
    .replace(".sh", "");
  const waiting = () => slurm.queue().find((own) => own.name === `unbinned-${name}` && own.id.endsWith("_0"));
  await until("replica 0", () => waiting() !== undefined);
  const { id } = waiting()!;
  spawnSync("scancel", [id], { env: slurm.env });
  return `job ${id}, replica_0`;
};

async function study(engine: Engine, cancel: (planned: string) => Promise<string | undefined>): Promise<void> {
  try {
    await undisturbed(engine, coverage);
    await undisturbed(engine, ensemble);
    await disturbedCoverage(engine);
    await disturbedEnsemble(engine, cancel);
  } finally {
    engine.stop();
  }
}

const wanted = process.argv[2];
const key = randomKey(1, "cluster");
const m = Array.from({ length: 1000 }, (_, i) => (i < 300 ? 5 + 0.5 * normal(key, i) : 10 * uniform(key, i)));
await writeNpz(at("data.npz"), new Map([["m", { shape: [m.length], data: Float64Array.from(m) }]]));
writeFileSync(coverage.file, COVERAGE);
writeFileSync(ensemble.file, ENSEMBLE);
unbinned("coverage", coverage.file, "--toys", `${TOYS}`, "--out", at("coverage"), "--backend", "cpu", "--threads", "1");
say(`one command: coverage of ${TOYS} toys`);
unbinned("run", ensemble.file, "--out", at("ensemble"), "--backend", "cpu", "--threads", "1");
say("one command: run of an ensemble of 4 replicas");
if (wanted !== "snakemake") {
  const missing = missingSlurm();
  if (missing !== undefined) throw new Error(`no Slurm here: ${missing}`);
  mkdirSync(at("slurm"));
  const place = mkdtempSync(join(tmpdir(), "unbinned-slurm-"));
  const slurm = await startSlurm(place, ["n1", "n2"], 6000);
  const version = spawnSync("sbatch", ["--version"], { encoding: "utf8" }).stdout.trim();
  say(`${version}: munged, slurmctld, slurmd on two nodes of one CPU`);
  await study(slurmEngine(slurm), cancelReplica(slurm));
  rmSync(place, { recursive: true });
}
if (wanted !== "slurm") {
  say(`snakemake ${spawnSync("snakemake", ["--version"], { encoding: "utf8" }).stdout.trim()}`);
  await study(snakemakeEngine(), async () => undefined);
}
rmSync(folder, { recursive: true });
say("done");
