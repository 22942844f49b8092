/** Plans whose names and paths are as hostile as file systems and users allow, and what runs them. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Job, Plan } from "../../../workflow/plan/job.js";
import { type Jobs, type PlanStep, runJobs, toyJobs } from "../../../workflow/plan/jobs.js";

export const HOSTILE = `it's "$HOME" \`id\` {odd} \\n;&|*?\n# $(touch pwned) %d é 中`;

const step = (name: string, kind: string, ...needs: string[]): PlanStep => ({
  name,
  kind,
  needs,
  isDone: false,
  costs: [undefined],
});

/** A graph with a diamond, replicas, and names that differ in what ids cannot hold. */
export const STEPS: readonly PlanStep[] = [
  step("x.nominal", "train"),
  step(`x.morph.${HOSTILE}`, "train", "x.nominal"),
  step("x.morph.a b", "train", "x.nominal"),
  step("x.morph.a_b", "train", "x.nominal"),
  step("transport", "train", "x.nominal", `x.morph.${HOSTILE}`, "x.morph.a b", "x.morph.a_b"),
  ...[0, 1, 2].flatMap((b) => [
    step(`fit.x.replica.${b}`, "fit", "transport"),
    step(`replica.${b}`, "train", "transport", `fit.x.replica.${b}`),
    step(`fit.fixed.replica.${b}`, "fit", `replica.${b}`),
  ]),
  step("fit.averaged", "fit", ...[0, 1, 2].flatMap((b) => [`replica.${b}`, `fit.fixed.replica.${b}`])),
  step("scans.a", "scan", "fit.averaged"),
  step("scans.b", "scan", "fit.averaged"),
  step("impacts", "impacts", "fit.averaged", "transport"),
];

export const MACHINE = { threads: 2, needsGpu: false };

export const common = (folder: string) => ({
  file: join(folder, `${HOSTILE.replaceAll("/", "")}.yaml`),
  out: join(folder, "out"),
  shared: [`--set=output=${HOSTILE}`, "--seed", "3"],
  machine: MACHINE,
});

export const TOYS = 45;

/** Of a run, and of a study of toys. */
export const sampleJobs = (folder: string): Readonly<Record<"run" | "toys", Jobs>> => ({
  run: runJobs(STEPS, common(folder)),
  toys: toyJobs(STEPS.slice(0, 4), common(folder), {
    toys: TOYS,
    perJob: 10,
    origin: ["--at=-1"],
    missing: new Set(Array.from({ length: TOYS }, (_, i) => i)),
    cost: undefined,
  }),
});

/** A program that writes its words, each with NUL behind it, and ends as `code` says. */
const PROGRAM = `#!/bin/sh
printf '%s\\0' "$@" >> "$(dirname "$0")/words"
exit "$(cat "$(dirname "$0")/code")"
`;

export interface Place {
  readonly root: string;
  /** Of the plan. */
  readonly folder: string;
  plan(jobs: Jobs): Plan;
  /** Lets the program end so. */
  ends(code: number): void;
  remove(): void;
}

/** A place to write plans, with a program that stands for ours. */
export function openPlace(): Place {
  const root = mkdtempSync(join(tmpdir(), "unbinned plan's "));
  const folder = join(root, HOSTILE.replaceAll("/", ""), "plan");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(root, "program"), PROGRAM);
  chmodSync(join(root, "program"), 0o755);
  const ends = (code: number) => writeFileSync(join(root, "code"), `${code}`);
  ends(0);
  return {
    root,
    folder,
    plan: (jobs) => ({ title: HOSTILE, version: "0", folder, program: [join(root, "program")], ...jobs }),
    ends,
    remove: () => rmSync(root, { recursive: true }),
  };
}

export const sh = (cwd: string, env: Readonly<Record<string, string>>, ...words: readonly string[]) =>
  spawnSync("sh", words, { cwd, env: { ...process.env, ...env }, encoding: "utf8" });

/** Every need with the job that has it, as lines to be compared. */
export const edges = (jobs: readonly Pick<Job, "id" | "needs">[]): string[] =>
  jobs.flatMap(({ id, needs }) => needs.map((need) => `${need} > ${id}`)).sort();
