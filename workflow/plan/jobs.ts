/** From the steps of an analysis to jobs: of a run, or of a coverage study. */
import { toyNumbersText } from "../steps/toy-numbers.js";
import type { Cost } from "../store/costs.js";
import { distinctIds, type Job } from "./job.js";
import { type Machine, readerResources, resourcesOf } from "./resources.js";

/** A step, and what is known of it. */
export interface PlanStep {
  readonly name: string;
  readonly kind: string;
  /** Names of the steps that it follows from. */
  readonly needs: readonly string[];
  readonly isDone: boolean;
  /** Of its parts; undefined of one that was never done. */
  readonly costs: readonly (Cost | undefined)[];
}

/** What the commands of all jobs have in common. */
export interface CommonWords {
  /** Absolute path of the configuration. */
  readonly file: string;
  /** Absolute path of the results. */
  readonly out: string;
  /** Options that steps and toys follow from, and how they are computed. */
  readonly shared: readonly string[];
  readonly machine: Machine;
}

export interface ToyStudy {
  /** Toys in all. */
  readonly toys: number;
  /** Undefined: as many as take about `TOY_JOB_SECONDS`. */
  readonly perJob: number | undefined;
  /** Options that say where toys are drawn. */
  readonly origin: readonly string[];
  /** Numbers of the toys that are not there. */
  readonly missing: ReadonlySet<number>;
  /** Of one toy, where that was measured. */
  readonly cost: Cost | undefined;
}

export interface Jobs {
  readonly jobs: readonly Job[];
  readonly last: Job;
}

const PREPARE = "prepare";
const REPORT = "report";

/** An option and its value, as `parseArguments` reads it whatever the value begins with. */
export const option = (name: string, value: string): string[] =>
  value.startsWith("-") ? [`--${name}=${value}`] : [`--${name}`, value];

/** A job before it has an id. */
type Draft = Omit<Job, "id" | "needs" | "resources"> & {
  readonly name: string;
  /** Names of drafts. */
  readonly needs: readonly string[];
  /** Undefined: it only reads. */
  readonly costs: readonly (Cost | undefined)[] | undefined;
};

/** The steps of one replica of T are one job: each is short beside the others, and nothing else needs them alone. */
const jobName = (step: string): string => /^(?:fit\..+\.)?(replica\.\d+)$/.exec(step)?.[1] ?? step;

function stepDrafts(steps: readonly PlanStep[], { file, out, shared }: CommonWords): Draft[] {
  const groups = new Map<string, PlanStep[]>();
  for (const step of steps) groups.set(jobName(step.name), [...(groups.get(jobName(step.name)) ?? []), step]);
  return [...groups].map(([name, own]) => {
    const names = own.map((step) => step.name);
    const needs = own.flatMap((step) => step.needs).filter((need) => !names.includes(need));
    const only = option("only", names.join(","));
    return {
      name,
      kind: own.length > 1 ? "replica" : own[0]!.kind,
      does: names,
      words: ["run", file, ...option("out", out), ...shared, "--part", "steps", ...only],
      needs: needs.length === 0 ? [PREPARE] : [...new Set(needs.map(jobName))],
      isDone: own.every(({ isDone }) => isDone),
      costs: own.flatMap(({ costs }) => costs),
    };
  });
}

function prepareDraft(steps: readonly PlanStep[], { file, out, shared }: CommonWords): Draft {
  return {
    name: PREPARE,
    kind: PREPARE,
    does: ["checks of what is read, and generated data"],
    words: ["run", file, ...option("out", out), ...shared, "--part", PREPARE],
    needs: [],
    isDone: steps.some(({ isDone }) => isDone),
    costs: undefined,
  };
}

const lastDraft = (does: string, words: readonly string[]): Draft => ({
  name: REPORT,
  kind: REPORT,
  does: [does],
  words,
  needs: [],
  isDone: false,
  costs: undefined,
});

/** With ids in place of names. */
function named(drafts: readonly Draft[], last: Draft, machine: Machine): Jobs {
  const ids = distinctIds([...drafts, last].map(({ name }) => name));
  const idOf = new Map([...drafts, last].map(({ name }, i) => [name, ids[i]!]));
  const others = drafts.flatMap(({ costs }) => (costs === undefined ? [] : [resourcesOf(machine, costs)]));
  const job = ({ name, needs, costs, ...own }: Draft): Job => ({
    ...own,
    id: idOf.get(name)!,
    needs: needs.map((need) => idOf.get(need)!),
    resources: costs === undefined ? readerResources(machine, others) : resourcesOf(machine, costs),
  });
  return { jobs: drafts.map(job), last: job(last) };
}

/** Every step of a run in one job, and the report. */
export function runJobs(steps: readonly PlanStep[], common: CommonWords): Jobs {
  const { file, out, shared, machine } = common;
  const drafts = [prepareDraft(steps, common), ...stepDrafts(steps, common)];
  const words = ["run", file, ...option("out", out), ...shared, "--part", REPORT];
  return named(drafts, lastDraft("results and report", words), machine);
}

/** Seconds of toys in a job: long beside its start, short beside the patience of people. */
const TOY_JOB_SECONDS = 900;

/** Toys in a job where nobody knows what one takes, and jobs at most. */
const FEW_TOYS = 10;
const MOST_TOY_JOBS = 500;

const toysPerJob = ({ toys, perJob, cost }: ToyStudy): number =>
  perJob ??
  Math.max(
    cost === undefined ? FEW_TOYS : Math.ceil(TOY_JOB_SECONDS / Math.max(cost.seconds, 1e-3)),
    Math.ceil(toys / MOST_TOY_JOBS),
  );

function toyDrafts(needs: readonly string[], { file, out, shared }: CommonWords, study: ToyStudy): Draft[] {
  const { toys, origin, missing, cost } = study;
  const size = toysPerJob(study);
  return Array.from({ length: Math.ceil(toys / size) }, (_, i) => {
    const [first, end] = [i * size, Math.min(toys, (i + 1) * size)];
    const numbers = Array.from({ length: end - first }, (_, k) => first + k);
    return {
      name: `toys.${first}-${end - 1}`,
      kind: "toys",
      does: [`toys ${toyNumbersText(numbers)}`],
      words: ["coverage", file, ...option("out", out), ...shared, ...origin, "--toys", `${first}-${end - 1}`],
      needs,
      isDone: numbers.every((toy) => !missing.has(toy)),
      costs: [cost && { ...cost, seconds: cost.seconds * numbers.length }],
    };
  });
}

/** The steps that toys share, the toys, and the sum. @param shared  the steps that all toys follow from */
export function toyJobs(shared: readonly PlanStep[], common: CommonWords, study: ToyStudy): Jobs {
  const { file, out, machine } = common;
  const drafts = [prepareDraft(shared, common), ...stepDrafts(shared, common)];
  const needs = drafts.length > 1 ? drafts.slice(1).map(({ name }) => name) : [PREPARE];
  const words = ["coverage", file, ...option("out", out), ...common.shared, ...study.origin];
  const sum = [...words, "--aggregate", "--toys", `${study.toys}`];
  return named([...drafts, ...toyDrafts(needs, common, study)], lastDraft("coverage of all toys", sum), machine);
}
