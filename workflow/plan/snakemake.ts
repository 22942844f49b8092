/** A plan for Snakemake, 7 or newer. */
import type { Job, Plan } from "./job.js";
import { commented, JOBS_FILE } from "./shell.js";

/** Folder of empty files that say which jobs are done. */
export const MARKERS = "done";

/** Times that a failed job is tried again. */
const RETRIES = 2;

const marker = (id: string) => `"${MARKERS}/${id}"`;

const resourcesText = ({ resources: { megabytes, seconds, needsGpu } }: Job) =>
  [`mem_mb=${megabytes}`, `runtime=${Math.ceil(seconds / 60)}`, ...(needsGpu ? ["gpu=1"] : [])].join(", ");

const inputs = (ids: readonly string[]) =>
  ids.length === 0 ? "" : `    input:\n${ids.map((id) => `        ${marker(id)},\n`).join("")}`;

const command = (id: string) => `sh ${JOBS_FILE} ${id} > logs/${id}.log 2>&1`;

const ruleOf = (job: Job, needs: readonly string[], rest: string) => `
# ${commented(job.does.join(", "))}
rule ${job.id}:
${inputs(needs)}    output:
        touch(${marker(job.id)})
    log:
        "logs/${job.id}.log"
    threads: ${job.resources.threads}
    resources:
        ${resourcesText(job)}
${rest}`;

export function snakefile(plan: Plan): string {
  const { title, version, folder, jobs, last } = plan;
  const ids = jobs.map(({ id }) => id);
  return `# The analysis ${commented(title)} for Snakemake, by \`unbinned plan\` of version ${version}.
#   snakemake --snakefile Snakefile --cores 4 --keep-going
# A file in ${MARKERS}/ says that a job is done. Where the report finds something missing it takes all of them away: run Snakemake again, and
# each job looks for itself what there is left to do.

workdir: ${pythonText(folder)}

rule all:
    input:
        ${marker(last.id)},

# Jobs failed: the report says what is missing.
onerror:
    shell("${command(last.id)} || true")
${jobs.map((job) => ruleOf(job, job.needs, `    retries: ${RETRIES}\n    shell:\n        "${command(job.id)}"\n`)).join("")}${ruleOf(last, ids, `    shell:\n        "${command(last.id)} || (rm -f ${MARKERS}/*; exit 1)"\n`)}`;
}

/** As a literal of Python, which has the escapes that JSON writes. */
const pythonText = (text: string) => JSON.stringify(text);
