/** Jobs of a plan: commands that a batch system runs, and what each waits for. */

/** What a job may take. */
export interface Resources {
  readonly seconds: number;
  readonly megabytes: number;
  readonly threads: number;
  readonly needsGpu: boolean;
}

export interface Job {
  /** Letters, digits and `_`, a letter first: a name in every engine, and of files. */
  readonly id: string;
  /** What it does, in a word. Jobs of one kind that need the same are alike. */
  readonly kind: string;
  /** What it does, as people call it: names of steps, "toys 0-19". */
  readonly does: readonly string[];
  /** The command behind `unbinned`. */
  readonly words: readonly string[];
  /** Ids of the jobs that must be done before. */
  readonly needs: readonly string[];
  /** Whether there is nothing left to do. */
  readonly isDone: boolean;
  readonly resources: Resources;
}

export interface Plan {
  /** Of the analysis. */
  readonly title: string;
  readonly version: string;
  /** Absolute path, where the plan is written. */
  readonly folder: string;
  /** What runs `unbinned`: a program and its first arguments. */
  readonly program: readonly string[];
  /** Each behind those that it needs. */
  readonly jobs: readonly Job[];
  /** Sums up. It runs after all others, whatever became of them, and fails where something is missing. */
  readonly last: Job;
}

const LONGEST = 40;

/** An id for a name: other names have other ids, also on file systems that do not distinguish A from a. */
export function distinctIds(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const wanted = `${/^[A-Za-z]/.test(name) ? "" : "job_"}${name.replace(/[^A-Za-z0-9]+/g, "_")}`.slice(0, LONGEST);
    let id = wanted;
    for (let count = 2; taken.has(id.toLowerCase()); count++) id = `${wanted}_${count}`;
    taken.add(id.toLowerCase());
    return id;
  });
}
