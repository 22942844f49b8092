/** Where and on what a bench ran, and where its numbers go. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { fileURLToPath } from "node:url";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly node: string;
  readonly v8: string;
  readonly commit: string;
  /** Processes that wanted to run over the last minute, this one included. */
  readonly load: number;
  readonly date: string;
}

const root = fileURLToPath(new URL("../../../", import.meta.url));
const git = (...args: string[]) => execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();

/** The short hash, and whether sources differ from it; in a copy without history it stands in UNBINNED_COMMIT. */
function commit(): string {
  const { UNBINNED_COMMIT: given } = process.env;
  if (given !== undefined) return given;
  const changed = git("status", "--porcelain", "--", "engine", "shaders", "flows", "inference", "io", "cli");
  return `${git("rev-parse", "--short", "HEAD")}${changed === "" ? "" : " + changes"}`;
}

export function machine(): Machine {
  const cores = cpus();
  return {
    cpu: cores[0]?.model ?? "unknown",
    cores: cores.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    v8: process.versions.v8,
    commit: commit(),
    load: Number((loadavg()[0] as number).toFixed(2)),
    date: new Date().toISOString().slice(0, 16),
  };
}

export function printMachine(m: Machine): void {
  console.log(`${m.cpu}, ${m.cores} cores, ${m.memoryGiB} GiB; Node ${m.node}, V8 ${m.v8}`);
  console.log(`commit ${m.commit}, ${m.date}, load average ${m.load}`);
}

/** Writes `bench/results/<name>-<commit>-node<major version>.json`. */
export function writeResult(name: string, where: Machine, results: object): void {
  mkdirSync(`${root}bench/results`, { recursive: true });
  const node = /^v(\d+)/.exec(where.node)![1];
  const file = `bench/results/${name}-${where.commit.replace(" + ", "-")}-node${node}.json`;
  writeFileSync(`${root}${file}`, `${JSON.stringify({ machine: where, ...results }, null, 2)}\n`);
  console.log(`written to ${file}`);
}
