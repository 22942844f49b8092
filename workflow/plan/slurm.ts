/** A plan for Slurm: array scripts, and one script that submits them. Jobs that are done are left out. */
import type { Job, Plan } from "./job.js";
import { timeText } from "./resources.js";
import { commented, JOBS_FILE, quoted } from "./shell.js";

/** Name of the script that submits, in the folder of the plan. */
export const SUBMIT_FILE = "submit.sh";

/** Folder of the array scripts. */
export const SCRIPTS_FOLDER = "slurm";

/** Slurm's own limit, MaxArraySize, is 1001 where nobody changed it. */
const MOST_IN_ARRAY = 1000;

/** Jobs of one kind that need the same. */
interface JobArray {
  readonly name: string;
  readonly jobs: readonly Job[];
}

/** In the order of the plan: no array needs a later one, as no job does and the jobs of an array need the same. */
function arraysOf(jobs: readonly Job[]): JobArray[] {
  const groups: Job[][] = [];
  for (const job of jobs) {
    const isAlike = ([first]: readonly Job[]) => first!.kind === job.kind && `${first!.needs}` === `${job.needs}`;
    const group = groups.find((own) => own.length < MOST_IN_ARRAY && isAlike(own));
    if (group === undefined) groups.push([job]);
    else group.push(job);
  }
  return groups.map((own, i) => ({ name: `${own[0]!.kind.replace(/\W/g, "_")}_${i}`, jobs: own }));
}

const scriptFile = (name: string) => `${SCRIPTS_FOLDER}/${name}.sh`;

function arrayScript({ name, jobs }: JobArray): string {
  const most = (of: (own: Job["resources"]) => number) => Math.max(...jobs.map(({ resources }) => of(resources)));
  const needsGpu = jobs.some(({ resources }) => resources.needsGpu);
  return `#!/bin/sh
#SBATCH --job-name=unbinned-${name}
#SBATCH --array=0-${jobs.length - 1}
#SBATCH --cpus-per-task=${most((own) => own.threads)}
#SBATCH --mem=${most((own) => own.megabytes)}M
#SBATCH --time=${timeText(most((own) => own.seconds))}
${needsGpu ? "#SBATCH --gres=gpu:1\n" : ""}#SBATCH --output=logs/${name}.%a.log
#SBATCH --open-mode=append
#SBATCH --requeue

case "$SLURM_ARRAY_TASK_ID" in
${jobs.map(({ id }, i) => `${i}) job=${id} ;;`).join("\n")}
esac
exec sh ${JOBS_FILE} "$job"
`;
}

/** What an array waits for, as sbatch writes it; of an array of which all tasks are needed the whole. */
function dependencyOf(needs: readonly string[], arrays: readonly JobArray[]): string[] {
  return arrays.flatMap(({ name, jobs }) => {
    const tasks = jobs.flatMap(({ id }, i) => (needs.includes(id) ? [i] : []));
    return tasks.length === jobs.length ? [`$${name}`] : tasks.map((i) => `\${${name}}_${i}`);
  });
}

function submission({ name }: JobArray, how: "afterok" | "afterany", dependencies: readonly string[]): string {
  const option = dependencies.length === 0 ? "" : ` --dependency="${how}:${dependencies.join(":")}"`;
  return `${name}=$(submit "$@"${option} ${scriptFile(name)})`;
}

/** Texts by the names of files. */
export function slurmFiles(plan: Plan): Readonly<Record<string, string>> {
  const { title, version, folder } = plan;
  const arrays = arraysOf(plan.jobs.filter(({ isDone }) => !isDone));
  const last: JobArray = { name: plan.last.id, jobs: [plan.last] };
  const lines = arrays.map((own) => submission(own, "afterok", dependencyOf(own.jobs[0]!.needs, arrays)));
  const whole = arrays.map(({ name }) => `$${name}`);
  const submit = `#!/bin/sh
# Submits the jobs of the analysis ${commented(title)} that are not done, by \`unbinned plan\` of version ${version}.
#   sh ${SUBMIT_FILE} [OPTIONS OF sbatch, such as --partition=long --account=mine]
# Jobs wait for those that they need (afterok), and the last for all others, whatever became of them (afterany): its report says what
# is missing. Then make the plan again, which leaves out what is done, and submit again.
set -eu
cd ${quoted(folder)}
mkdir -p logs

submit() {
  answer=$(sbatch --parsable --kill-on-invalid-dep=yes "$@")
  echo "\${answer%%;*}"
}

${[...lines, submission(last, "afterany", whole)].join("\n")}
echo "submitted ${arrays.reduce((sum, { jobs }) => sum + jobs.length, 1)} jobs; the last is $${last.name}"
`;
  const scripts = [...arrays, last].map((own) => [scriptFile(own.name), arrayScript(own)] as const);
  return { [SUBMIT_FILE]: submit, ...Object.fromEntries(scripts) };
}
