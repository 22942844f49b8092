/**
 * A Slurm of some nodes on this machine, as ordinary processes: munged, slurmctld and a slurmd a node, without systemd. Debian:
 * `apt-get install --no-install-recommends slurm-wlm munge`. Needs root, as slurmd does.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";

export interface Queued {
  /** As scancel takes it. */
  readonly id: string;
  readonly name: string;
  readonly state: string;
  /** Empty where it waits. */
  readonly node: string;
}

export interface Slurm {
  /** With which sbatch and the like find this Slurm. */
  readonly env: NodeJS.ProcessEnv;
  readonly nodes: readonly string[];
  /** Of the jobs that wait or run. */
  queue(): readonly Queued[];
  /** Ends a node as a power cut would: its slurmd and all that runs there. */
  killNode(node: string): void;
  /** Begins it again. */
  startNode(node: string): void;
  stop(): void;
}

/** Programs that have to be there. */
const PROGRAMS = ["munged", "slurmctld", "slurmd", "sbatch", "squeue"];

/** Why there can be no Slurm here; undefined where there can. */
export function missingSlurm(): string | undefined {
  const missing = PROGRAMS.filter((name) => spawnSync("which", [name], { env: ENV }).status !== 0);
  if (missing.length > 0) return `${missing.join(", ")}: apt-get install --no-install-recommends slurm-wlm munge`;
  return process.getuid?.() === 0 ? undefined : "slurmd runs as root";
}

/** Daemons are in sbin. */
const ENV = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };

/** The first port of the daemons. */
const PORT = 26_817;

const configuration = (folder: string, nodes: readonly string[], megabytes: number) => `ClusterName=unbinned
SlurmctldHost=${hostname()}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=${folder}/munge.socket
SlurmctldPort=${PORT}
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool-%n
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/slurmd-%n.pid
SlurmctldLogFile=${folder}/slurmctld.log
SlurmdLogFile=${folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
ReturnToService=2
SlurmdTimeout=10
KillWait=5
SchedulerParameters=sched_interval=1,batch_sched_delay=0
${nodes
  .map(
    (name, i) =>
      `NodeName=${name} NodeHostname=${hostname()} NodeAddr=127.0.0.1 Port=${PORT + 1 + i} CPUs=1 RealMemory=${megabytes} State=UNKNOWN`,
  )
  .join("\n")}
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`;

function run(env: NodeJS.ProcessEnv, program: string, ...words: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, words, { env, encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${words.join(" ")}: ${error?.message ?? stderr}`);
  return stdout;
}

/** What is at a path of /proc; nothing where the process has ended. */
function procText(pid: string, name: string): string {
  try {
    return readFileSync(join("/proc", pid, name), "utf8");
  } catch {
    return "";
  }
}

/** Ids of the processes of jobs on a node: those that have its name, and the slurmstepd that began them and is no child of slurmd. */
function processesOn(configurationFile: string, node: string): number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const own = pids.filter((pid) => {
    const variables = procText(pid, "environ").split("\0");
    return variables.includes(`SLURM_CONF=${configurationFile}`) && variables.includes(`SLURMD_NODENAME=${node}`);
  });
  const parents = own.map((pid) => /^PPid:\s*(\d+)$/m.exec(procText(pid, "status"))?.[1] ?? "");
  const steps = parents.filter((pid) => procText(pid, "comm").startsWith("slurmstepd"));
  return [...new Set([...steps, ...own])].map(Number);
}

/** @param megabytes  of memory of a node, as Slurm counts it */
export async function startSlurm(folder: string, nodes: readonly string[], megabytes: number): Promise<Slurm> {
  for (const name of ["state", ...nodes.map((node) => `spool-${node}`)])
    mkdirSync(join(folder, name), { recursive: true });
  // munged refuses a folder of its socket that others cannot enter.
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, "munge.key"), randomBytes(1024), { mode: 0o400 });
  writeFileSync(join(folder, "slurm.conf"), configuration(folder, nodes, megabytes));
  const env = { ...ENV, SLURM_CONF: join(folder, "slurm.conf") };
  const daemons = new Map<string, ChildProcess>();
  const start = (name: string, program: string, ...words: readonly string[]) => {
    const log = openSync(join(folder, `${name}.out`), "a");
    daemons.set(name, spawn(program, words, { env, stdio: ["ignore", log, log] }));
  };
  const files = { key: "munge.key", socket: "munge.socket", pid: "munged.pid", log: "munged.log", seed: "munge.seed" };
  const of = (name: keyof typeof files) => join(folder, files[name]);
  start(
    "munged",
    "munged",
    "--foreground",
    "--force",
    `--key-file=${of("key")}`,
    `--socket=${of("socket")}`,
    `--pid-file=${of("pid")}`,
    `--log-file=${of("log")}`,
    `--seed-file=${of("seed")}`,
  );
  await until("munged", () => spawnSync("munge", ["-n", "-S", of("socket")], { env }).status === 0);
  start("slurmctld", "slurmctld", "-D");
  const startNode = (node: string) => start(node, "slurmd", "-D", "-N", node);
  for (const node of nodes) startNode(node);
  const isIdle = () =>
    spawnSync("sinfo", ["-h", "-o", "%T %D"], { env, encoding: "utf8" }).stdout.trim() === `idle ${nodes.length}`;
  const kill = (name: string) => {
    const pid = daemons.get(name)?.pid;
    if (pid !== undefined) for (const own of [pid, ...processesOn(env.SLURM_CONF, name)]) tryKill(own);
    daemons.delete(name);
  };
  const stop = () => {
    for (const name of [...daemons.keys()].reverse()) kill(name);
  };
  process.once("exit", stop);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
  try {
    await until("slurmd", isIdle);
  } catch (error) {
    stop();
    throw error;
  }
  return {
    env,
    nodes,
    queue: () =>
      run(env, "squeue", "-h", "-r", "-o", "%F_%K %j %T %N")
        .split("\n")
        .filter(Boolean)
        .map((line) => {
          const [id = "", name = "", state = "", node = ""] = line.split(" ");
          return { id, name, state, node };
        }),
    killNode: kill,
    startNode,
    stop,
  };
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

/** Waits until something is so; an error where it never is. */
export async function until(what: string, isSo: () => boolean, seconds = 60): Promise<void> {
  const from = performance.now();
  while (!isSo()) {
    if (performance.now() - from > 1000 * seconds) throw new Error(`${what}: not there after ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
