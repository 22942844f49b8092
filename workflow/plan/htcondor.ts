/** A plan for HTCondor's DAGMan: a graph, and one submit description for all jobs. */
import type { Job, Plan } from "./job.js";
import { commented, JOBS_FILE } from "./shell.js";

/** Names of the files in the folder of the plan. */
export const DAG_FILE = "plan.dag";
const JOB_FILE = "job.sub";

/** Times that a failed job is tried again. What the user has to mend, exit code 2, is not. */
const RETRIES = 2;

const variables = ({ id, resources: { megabytes, seconds } }: Job) =>
  `VARS ${id} job="${id}" memory="${megabytes}" seconds="${seconds}"`;

const nodeOf = (job: Job) =>
  `JOB ${job.id} ${JOB_FILE}${job.isDone ? " DONE" : ""}\n${variables(job)}\nRETRY ${job.id} ${RETRIES} UNLESS-EXIT 2\n`;

const dag = ({
  title,
  version,
  jobs,
  last,
}: Plan) => `# The analysis ${commented(title)} for HTCondor, by \`unbinned plan\` of version ${version}.
#   condor_submit_dag ${DAG_FILE}      in this folder
# The last job runs after all others, whatever became of them: its report says what is missing, and it fails then. Make the plan again,
# which marks what is done, and submit again with -force.

${jobs.map(nodeOf).join("\n")}
FINAL ${last.id} ${JOB_FILE}
${variables(last)}

${jobs
  .filter(({ needs }) => needs.length > 0)
  .map(({ id, needs }) => `PARENT ${needs.join(" ")} CHILD ${id}`)
  .join("\n")}
`;

const jobDescription = ({
  threads,
  needsGpu,
}: Job["resources"]) => `# One job of ${DAG_FILE}. Folders are those of a shared file system.
universe = vanilla
executable = ${JOBS_FILE}
transfer_executable = false
should_transfer_files = no
arguments = $(job)
getenv = true
output = logs/$(job).log
error = logs/$(job).log
log = logs/htcondor.log
request_cpus = ${threads}
request_memory = $(memory)M
${needsGpu ? "request_gpus = 1\n" : ""}+MaxRuntime = $(seconds)
queue
`;

/** Texts by the names of files. */
export const condorFiles = (plan: Plan): Readonly<Record<string, string>> => ({
  [DAG_FILE]: dag(plan),
  [JOB_FILE]: jobDescription(plan.last.resources),
});
