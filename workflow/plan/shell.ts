/** The jobs of a plan as one script for `sh`: the same for every engine, and to be read and tried by people. */
import type { Job, Plan } from "./job.js";

/** A word for a POSIX shell, whatever it holds. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

export const commandText = (words: readonly string[]): string => words.map(quoted).join(" ");

/** In a comment: a name may hold ends of lines. */
export const commented = (text: string): string => JSON.stringify(text);

/** Name of the script in the folder of the plan. */
export const JOBS_FILE = "jobs.sh";

const caseOf = ({ id, words }: Job) => `${id})\n  unbinned ${commandText(words)}\n  ;;`;

export const jobsScript = ({ title, version, program, jobs, last }: Plan): string => `#!/bin/sh
# The jobs of the analysis ${commented(title)}, by \`unbinned plan\` of version ${version}: \`sh ${JOBS_FILE} JOB\` does one.
# What is done is kept, so that a job may be done again at any time. Exit codes 3 (a fit did not converge) and 4 (a check
# failed) count as done: the results carry these verdicts, and the report shows them.

unbinned() {
  ${commandText(program)} "$@"
}

case "$1" in
${[...jobs, last].map(caseOf).join("\n")}
*)
  echo "${JOBS_FILE}: expected a job, got \\"$1\\"" >&2
  exit 2
  ;;
esac
code=$?

case $code in
3) echo "${JOBS_FILE}: $1: done, with a warning: a fit did not converge (exit code 3)" >&2 ;;
4) echo "${JOBS_FILE}: $1: done, with a warning: a check failed (exit code 4)" >&2 ;;
*) exit $code ;;
esac
`;
