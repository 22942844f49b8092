import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { outputFolder } from "../../workflow/configuration/analysis.js";
import { checkFiles, loadAnalysis } from "../../workflow/configuration/configuration.js";
import { UsageError } from "../../workflow/errors.js";
import { checkTrainable } from "../../workflow/open-context.js";
import type { Engine } from "../../workflow/plan/choices.js";
import type { Job, Plan } from "../../workflow/plan/job.js";
import { type CommonWords, type Jobs, option } from "../../workflow/plan/jobs.js";
import { timeText } from "../../workflow/plan/resources.js";
import { commandFor, writePlan } from "../../workflow/plan/write-plan.js";
import { compositionToyFolder } from "../../workflow/recipes/composition-coverage.js";
import { toyFolderName, toySource } from "../../workflow/recipes/coverage.js";
import { compositionJobs, measurementJobs, type Study } from "../../workflow/recipes/planned-jobs.js";
import { createInside, createOutputFolder, PLAN_FOLDER } from "../../workflow/store/output-folder.js";
import { textTable } from "../../workflow/text-table.js";
import { readVersion } from "../../workflow/version.js";
import type { Options } from "../command/arguments.js";
import { openBackend } from "../command/backend.js";
import { compositionOf, isComposition } from "../command/composition.js";
import { toyPoint } from "../command/parameter-changes.js";
import { drawnAt } from "../command/point.js";
import type { VerbContext } from "../command/verb.js";

/** What a plan is made of: the jobs, and where it goes. */
interface Planned extends Jobs {
  readonly title: string;
  /** Of the results. */
  readonly out: string;
  /** Of the plan in that of all plans. */
  readonly name: string;
}

/** The steps of an analysis, or of a coverage study, as jobs for a batch system. */
export async function plan(context: VerbContext): Promise<void> {
  const engine = requireEngine(context.options);
  checkToys(context.options);
  const { title, out, name, jobs, last } = await (isComposition(context) ? ofComposition : ofMeasurement)(context);
  createOutputFolder(out);
  const folder = createInside(out, PLAN_FOLDER, name);
  const program = [process.execPath, fileURLToPath(new URL("../main.js", import.meta.url))];
  const made: Plan = { title, version: readVersion(), folder, program, jobs, last };
  await writePlan(made, engine);
  context.print(tableOf(made));
  const done = jobs.filter(({ isDone }) => isDone).length;
  context.print(`\n${done} of ${jobs.length} jobs are done. Run the others, and then the report, with`);
  context.print(`  ${commandFor[engine](folder)}`);
  context.printJson({ folder, engine, jobs, last });
}

function requireEngine({ engine }: Options): Engine {
  if (engine !== undefined) return engine;
  throw new UsageError("--engine", { expected: "snakemake, slurm or htcondor", got: "nothing" });
}

function checkToys({ toys, toysPerJob, mode, toysFrom, at }: Options): void {
  if (toys?.isPart) {
    const got = `${toys.first}-${toys.last}`;
    throw new UsageError("--toys", { expected: "the number of toys in all", got, hint: "--toys-per-job divides them" });
  }
  if (toys !== undefined) return;
  const given = { "toys-per-job": toysPerJob, mode, "toys-from": toysFrom, at };
  const found = Object.entries(given).find(([, value]) => value !== undefined)?.[0];
  if (found === undefined) return;
  throw new UsageError(`--${found}`, {
    expected: "--toys N beside it",
    got: "none",
    hint: "--toys plans a coverage study",
  });
}

const study = <O>({ toys, toysPerJob, at }: Options, origin: O): Study<O> | undefined =>
  toys && { toys: toys.last + 1, perJob: toysPerJob, origin, at };

/** Options that every command repeats: what steps follow from, and how they are computed, the same on every machine. */
function commonWords(
  { operands, options }: VerbContext,
  out: string,
  { name, precision }: { readonly name: string; readonly precision: "f32" | "f64" },
): CommonWords {
  const { seed, set, fix, free, setParameter, limit } = options;
  const each = (key: string, values: readonly string[]) => values.flatMap((value) => option(key, value));
  const threads = name === "cpu" ? (options.threads ?? 1) : 1;
  return {
    file: resolve(operands[0]!),
    out,
    shared: [
      ...each("seed", seed === undefined ? [] : [`${seed}`]),
      ...each("set", set),
      ...each("fix", fix),
      ...each("free", free),
      ...each("set-parameter", setParameter),
      ...each("limit", limit),
      ...["--backend", name, "--precision", precision],
      ...(name === "cpu" ? ["--threads", `${threads}`] : []),
    ],
    machine: { threads, needsGpu: name === "webgpu" },
  };
}

async function ofComposition(context: VerbContext): Promise<Planned> {
  const { options } = context;
  const analysis = await compositionOf(context);
  const out = outputFolder(analysis, options.out);
  const backend = await openBackend(options, "f64");
  try {
    const words = commonWords(context, out, backend);
    const own = study(options, toyPoint(options));
    const jobs = await compositionJobs({ analysis, folder: out, backend }, words, own, context);
    const name = own === undefined ? "run" : `coverage-${compositionToyFolder(options.at)}`;
    return { ...jobs, title: analysis.configuration.name, out, name };
  } finally {
    await backend.close();
  }
}

async function ofMeasurement(context: VerbContext): Promise<Planned> {
  const { options, operands } = context;
  const analysis = loadAnalysis(operands[0]!, options);
  checkTrainable(analysis);
  checkFiles(analysis);
  const out = outputFolder(analysis, options.out);
  const backend = await openBackend(options, "f32");
  try {
    const words = commonWords(context, out, backend);
    const { mode = "full", toysFrom } = options;
    const at = drawnAt(analysis, options.at);
    const source = toySource(analysis, { mode, wanted: toysFrom, at });
    const own = study(options, { mode, source, at, toysFrom });
    const jobs = await measurementJobs({ analysis, folder: out, backend }, words, own, context);
    const name = own === undefined ? "run" : `coverage-${toyFolderName(mode, source, options.at)}`;
    return { ...jobs, title: analysis.configuration.name, out, name };
  } finally {
    await backend.close();
  }
}

/** Jobs that one waits for, in a table. */
const MOST_SHOWN = 3;

function tableOf({ jobs, last }: Plan): string {
  const needsText = ({ needs }: Job) =>
    needs.length <= MOST_SHOWN
      ? needs.join(" ")
      : `${needs.slice(0, MOST_SHOWN).join(" ")} and ${needs.length - MOST_SHOWN} more`;
  const rows = [...jobs, last].map((job) => {
    const { seconds, megabytes } = job.resources;
    return [
      job.id,
      job.isDone ? "done" : "to do",
      timeText(seconds),
      `${megabytes} MB`,
      job === last ? "all" : needsText(job),
    ];
  });
  return textTable([["job", "state", "time", "memory", "needs"], ...rows]);
}
