/** What a fit predicts, with errors: bands around its projections, yields, and the errors that it should have had. */

import type { Band } from "../../inference/measurements/distribution-of-interest/bands.js";
import { type BinnedBand, binnedBands } from "../../inference/measurements/distribution-of-interest/binned-bands.js";
import { postFitYields } from "../../inference/model/predictions/post-fit-yields.js";
import { type ExpectedSensitivity, expectedSensitivity } from "../../inference/model/predictions/sensitivity.js";
import { expectedYields } from "../../inference/model/yields.js";
import { observedEvents, type RunContext } from "../context.js";
import type { FittedModel, NamedFit } from "./fits/fitted-model.js";
import type { ProjectionSet } from "./projections.js";

/** Around the projections after the fit, in their order; undefined where the fit gave no errors, and where there are no events to project. */
export async function projectionBands(
  context: RunContext,
  { model, replicas, key }: FittedModel,
  { fit, summary }: NamedFit,
  { projections }: ProjectionSet,
): Promise<readonly Band[] | undefined> {
  const { analysis, events, backend, store, progress, signal } = context;
  const { seed } = analysis.configuration;
  const { covariance } = fit;
  if (covariance === undefined || projections.length === 0) return undefined;
  const features = projections.map(({ of, feature, observed }) => ({ of, feature, edges: observed.edges }));
  // The spread of a single replica says nothing.
  const members = replicas.length < 2 ? [] : replicas;
  const observed = observedEvents(context);
  const inputs = {
    key,
    estimate: summary.estimate,
    covariance: covariance.matrix,
    of: covariance.names,
    features,
    count: events.data.count,
    observed,
    replicas: members.map(({ transportKey, replica }) => [transportKey, replica.nu]),
  };
  const { record } = await store.run("bands", inputs, async () => {
    const modes = covariance.names.length;
    const counter = progress.begin("bands", 1 + 2 * modes, "points");
    const found = await binnedBands({
      backend,
      model,
      estimate: summary.estimate,
      covariance,
      replicas: members.map(({ replica }) => replica),
      origin: "replica",
      features,
      count: events.data.count,
      observed,
      seed,
      signal,
      onPoints: (done) => counter.update(done),
    });
    counter.done();
    return { record: found as readonly BinnedBand[], arrays: {} };
  });
  return record.map(({ band }) => band);
}

/** Events drawn for the expected errors: they then are known to about half a percent. */
const SENSITIVITY_EVENTS = 30_000;

/** At ν̂, from the model alone. */
export async function findSensitivity(
  { analysis, backend, store, progress, signal }: RunContext,
  { model, key }: FittedModel,
  { summary }: NamedFit,
): Promise<ExpectedSensitivity> {
  const { seed, likelihood } = analysis.configuration;
  const { form, extended } = likelihood;
  const { estimate: nu } = summary;
  const { record } = await store.run("sensitivity", { key, nu, form, extended }, async () => {
    const counter = progress.begin("expected errors", undefined, "likelihoods");
    const request = { backend, model, nu, count: SENSITIVITY_EVENTS, form, extended, seed, signal };
    const found = await expectedSensitivity(request);
    counter.done();
    return { record: found, arrays: {} };
  });
  return record;
}

/** Expected events of a process. */
export interface ProcessYield {
  readonly name: string;
  readonly before: number;
  readonly after: number;
  /** Undefined where it has none. */
  readonly sigma: number | undefined;
}

/** Expected events by process before and after the fit, with errors by its covariance. */
export async function yieldsOf(model: FittedModel["model"], { fit, summary }: NamedFit): Promise<ProcessYield[]> {
  const before = await expectedYields(
    model,
    model.nuisances.map(({ nominal: centre }) => centre),
  );
  const { names, covariance } = summary;
  const errors =
    covariance === null ? { names: [], matrix: [] } : { names: fit.covariance?.names ?? names, matrix: covariance };
  const { processes } = await postFitYields(model, summary.estimate, errors);
  return processes.map(({ name, value, sigma }, f) => ({
    name,
    before: before[f]!,
    after: value,
    sigma: sigma === 0 ? undefined : sigma,
  }));
}
