/** Toy experiments of an analysis: one toy is one unit of work, kept in a file of its own. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { randomKey, word } from "../../engine/random/random.js";
import type { Backend } from "../../engine/runtime/backend.js";
import type { EventData } from "../../inference/model/likelihood/likelihood.js";
import type { MixtureModel } from "../../inference/model/mixture-model.js";
import { drawToy, withAuxiliaryToys } from "../../inference/model/sampling/toys.js";
import { readTextFile } from "../../io/file-kinds.js";
import { writeAtomic } from "../../io/index.js";
import { nuisanceVector } from "../configuration/analysis.js";
import { looksAtY, type RunContext } from "../context.js";
import { UsageError } from "../errors.js";
import type { FitSummary } from "../likelihood/fit-summary.js";
import { digestOf } from "../open-context.js";
import { generateData } from "../simulation/generator-simulation.js";
import { checkSealed, sealed } from "../store/checksum.js";
import { passingSteps } from "../store/step-store.js";
import { fitModel, fitTrained } from "./fit-chain.js";

/** `data`: new data for every toy, the trained T of the analysis kept. `full`: T, its response and all fits anew. */
export type ToyMode = "data" | "full";

/** What toys have in common. */
export interface ToyPlan {
  readonly context: RunContext;
  readonly mode: ToyMode;
  /** The model of simulation. */
  readonly simulated: MixtureModel;
  /** With T and its response fitted to the data of the analysis; needed where T is not fitted anew, or draws the toys. */
  readonly fitted: MixtureModel | undefined;
  /** True values in all toys [K]. */
  readonly truth: readonly number[];
  /** Stands for all that toys follow from. */
  readonly key: string;
}

/** One toy, as its file holds it. */
export interface ToyRecord {
  readonly toy: number;
  readonly key: string;
  readonly events: number;
  /** By the name of the fit. */
  readonly fits: Readonly<Record<string, ToyFitRecord>>;
  readonly warnings: readonly string[];
}

export interface ToyFitRecord extends Pick<FitSummary, "status" | "estimate" | "covariance" | "sigma"> {
  readonly label: string;
}

/** Each toy has random numbers of its own for data, auxiliary measurements, initial weights, shuffling and bootstrap. */
const seedOf = ({ context }: ToyPlan, toy: number) => word(randomKey(context.analysis.configuration.seed, "toy"), toy);

/** Events at the truth: the generator's, else drawn from the fitted model. */
async function toyData({ context, truth, fitted }: ToyPlan, backend: Backend, seed: number): Promise<EventData> {
  const { configuration } = context.analysis;
  const { generator } = configuration.data;
  if (generator === undefined) {
    return drawToy({ backend, model: fitted!, nu: truth, withY: looksAtY(context), seed });
  }
  const { x, y, count } = await generateData({ ...configuration, seed }, generator);
  return { count, x, ...(looksAtY(context) && { y }) };
}

/** Quiet: many toys are one progress. */
const SILENT = { begin: () => ({ update() {}, done() {} }), note() {} };

/** Runs one toy. */
export async function runToy(plan: ToyPlan, toy: number, backend: Backend): Promise<ToyRecord> {
  const { context, mode, truth, key } = plan;
  const { analysis, signal } = context;
  const seed = seedOf(plan, toy);
  const data = await toyData(plan, backend, seed);
  const warnings: string[] = [];
  const own: RunContext = {
    ...context,
    analysis: { ...analysis, configuration: { ...analysis.configuration, seed } },
    backend,
    store: passingSteps({ key, toy }),
    events: { data, total: data.count, file: `toy ${toy}` },
    dataKey: digestOf(data),
    progress: SILENT,
    warn: (text) => warnings.push(text),
  };
  const model = withAuxiliaryToys(mode === "full" ? plan.simulated : plan.fitted!, truth, seed);
  const fits = mode === "full" ? (await fitModel(own, model, key)).fits : await fitTrained(own, model, key);
  signal.throwIfAborted();
  return {
    toy,
    key,
    events: data.count,
    fits: Object.fromEntries(
      Object.entries(fits).map(([name, { label, summary }]) => {
        const { status, estimate, covariance, sigma } = summary;
        return [name, { label, status, estimate, covariance, sigma }];
      }),
    ),
    warnings,
  };
}

/** Configuration, but for what says nothing about toys, and what the trainings follow from. */
export function planKey({ analysis }: RunContext, mode: ToyMode, trained: string): string {
  const { name: _name, output: _output, scan: _scan, report: _report, ...configuration } = analysis.configuration;
  return createHash("sha256").update(JSON.stringify({ configuration, mode, trained })).digest("hex");
}

/** True values of the toys: those of the generator, else the fit of the data. */
export function truthOf({ analysis: { configuration } }: RunContext, estimate: readonly number[] | undefined) {
  if (configuration.data.generator !== undefined || estimate === undefined) {
    return nuisanceVector(configuration, configuration.truth);
  }
  return estimate;
}

// Of the record of a toy: its fits of some nuisances.
const MAX_BYTES = 2 ** 24;

const fileOf = (folder: string, toy: number) => join(folder, `${toy}.json`);

/** The toy's record where it is there and follows from the same. */
export async function readToy(folder: string, toy: number, key: string): Promise<ToyRecord | undefined> {
  const file = fileOf(folder, toy);
  if (!existsSync(file)) return undefined;
  try {
    const record: (ToyRecord & { readonly checksum?: string }) | null = JSON.parse(readTextFile(file, MAX_BYTES));
    if (typeof record !== "object" || record === null) throw new Error("no JSON object");
    // Earlier versions wrote none.
    if (record.checksum === undefined) return undefined;
    checkSealed(file, record);
    if (record.toy !== toy) throw new Error(`it is that of toy ${record.toy}`);
    return record.key === key ? record : undefined;
  } catch (error) {
    throw new UsageError(file, {
      expected: "a toy that an earlier command left",
      got: `a file that cannot be read (${(error as Error).message.replace(`${file}: `, "")})`,
      hint: "Delete it: the toy is then done again",
    });
  }
}

export const saveToy = (folder: string, record: ToyRecord) =>
  writeAtomic(fileOf(folder, record.toy), [`${JSON.stringify(sealed(record))}\n`]);

/** Numbers of the toys that have a file, ascending. */
export const toysIn = (folder: string): number[] =>
  readdirSync(folder)
    .flatMap((name) => (/^(?:0|[1-9]\d{0,14})\.json$/.test(name) ? [Number.parseInt(name, 10)] : []))
    .sort((a, b) => a - b);
