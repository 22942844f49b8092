/** A plan as files in a folder of its own. */
import { existsSync } from "node:fs";
import { chmod, readdir, rm, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { writeAtomic } from "../../io/index.js";
import { createInside } from "../store/output-folder.js";
import type { Engine } from "./choices.js";
import { condorFiles, DAG_FILE } from "./htcondor.js";
import type { Plan } from "./job.js";
import { commandText, JOBS_FILE, jobsScript } from "./shell.js";
import { SCRIPTS_FOLDER, SUBMIT_FILE, slurmFiles } from "./slurm.js";
import { MARKERS, snakefile } from "./snakemake.js";

const SNAKEFILE = "Snakefile";

const filesFor: Readonly<Record<Engine, (plan: Plan) => Readonly<Record<string, string>>>> = {
  snakemake: (plan) => ({ [SNAKEFILE]: snakefile(plan) }),
  slurm: slurmFiles,
  htcondor: condorFiles,
};

/** How the plan is run. */
export const commandFor: Readonly<Record<Engine, (folder: string) => string>> = {
  snakemake: (folder) =>
    commandText(["snakemake", "--snakefile", join(folder, SNAKEFILE), "--cores", "4", "--keep-going"]),
  slurm: (folder) => commandText(["sh", join(folder, SUBMIT_FILE)]),
  htcondor: (folder) => `cd ${commandText([folder])} && condor_submit_dag ${DAG_FILE}`,
};

/** Writes the files of a plan, which may be there from before. */
export async function writePlan(plan: Plan, engine: Engine): Promise<void> {
  const { folder } = plan;
  const files = { [JOBS_FILE]: jobsScript(plan), ...filesFor[engine](plan) };
  createInside(folder, "logs");
  // Slurm has copied the scripts of an earlier plan when they were submitted.
  await rm(join(folder, SCRIPTS_FOLDER), { recursive: true, force: true });
  for (const [name, text] of Object.entries(files)) {
    if (dirname(name) !== ".") createInside(folder, dirname(name));
    await writeAtomic(join(folder, name), [text]);
  }
  await chmod(join(folder, JOBS_FILE), 0o755);
  if (engine === "snakemake") await writeMarkers(plan);
}

/** Empty files of the jobs that are done, and of no others. */
async function writeMarkers({ folder, jobs }: Plan): Promise<void> {
  const markers = createInside(folder, MARKERS);
  const done = jobs.flatMap(({ id, isDone }) => (isDone ? [id] : []));
  for (const name of await readdir(markers)) if (!done.includes(name)) await rm(join(markers, name), { force: true });
  const now = new Date();
  for (const name of done) {
    const file = join(markers, name);
    if (!existsSync(file)) await writeAtomic(file, [""]);
    // One time for all: what a job waits for must not look newer than the job.
    await utimes(file, now, now);
  }
}
