/** Impacts of the parameters of a composition on those of interest. */
import { fitObjective } from "../../../inference/model/likelihood/fit-likelihood.js";
import { outcomeChange } from "../../../inference/model/parameters/outcome-change.js";
import type { Covariance } from "../../../inference/statistics/fit/covariance.js";
import { isMinimum } from "../../../inference/statistics/fit/fit-result.js";
import {
  type ImpactDefinition,
  type ImpactSources,
  modeSources,
  nuisanceSources,
  type SourceRequest,
} from "../../../inference/statistics/impacts/impact-sources.js";
import {
  type ImpactTable,
  impactTables,
  type TargetFunctions,
} from "../../../inference/statistics/impacts/impact-tables.js";
import { type LazyStep, lazyStep } from "../../store/lazy-step.js";
import { type BoundPlan, boundsOf, precisionOf, type StepContext, toleranceOf } from "./context.js";
import type { CompositionFit } from "./fit.js";

export interface CompositionImpacts {
  /** For every definition, one table per parameter of interest. */
  readonly tables: readonly ImpactTable[];
  /** What is left out, and points that are not to be trusted, a sentence each. */
  readonly problems: readonly string[];
}

/** What impacts are asked for. */
interface Wanted {
  /** Parameters of interest, free ones of the likelihood. */
  readonly names: readonly string[];
  readonly definitions: readonly ImpactDefinition[];
  /** Of parameters, also of other likelihoods. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
}

/** Null where the fit gave no errors. */
export function impactStep(
  context: StepContext,
  bound: BoundPlan,
  fit: LazyStep<CompositionFit>,
  wanted: Wanted,
): LazyStep<CompositionImpacts | null> {
  const known = Object.fromEntries(
    Object.entries(wanted.groups).flatMap(([group, members]) => {
      const own = members.filter((member) => bound.plan.parameters.includes(member));
      return own.length === 0 ? [] : [[group, own]];
    }),
  );
  const inputs = { fit: fit.key, names: wanted.names, definitions: wanted.definitions, groups: known };
  const step = `impacts.${bound.plan.name}`;
  return lazyStep(context.store, context.common, step, inputs, async ({ names, definitions, groups }) => {
    const found = await fit.result();
    const covariance = covarianceOf(found);
    if (covariance === undefined || !isMinimum(found.fit)) return null;
    // Steps of parameters that have errors do not move one that is held.
    const movable = names.filter((name) => covariance.names.includes(name));
    const held = names.filter((name) => !movable.includes(name));
    const problems = held.map((name) => `impacts on ${name} are left out, as it is at a limit of its range`);
    if (movable.length === 0) return { tables: [], problems };
    const made = await impactsOf(context, bound, found, covariance, { names: movable, definitions, groups });
    return { ...made, problems: [...problems, ...made.problems] };
  });
}

/** As it is quoted. */
function covarianceOf({ errors }: CompositionFit): Covariance | undefined {
  const { names, covariance, correlation, sigma } = errors;
  if (covariance === null || correlation === null || sigma === null) return undefined;
  return { status: "positive-definite", names, matrix: covariance, correlation, sigma };
}

async function impactsOf(
  { backend, progress, signal }: StepContext,
  bound: BoundPlan,
  { fit }: CompositionFit,
  covariance: Covariance,
  { names, definitions, groups }: Wanted,
): Promise<CompositionImpacts> {
  const { plan } = bound;
  const likelihood = await bound.open();
  const constraints = new Map(plan.composition.parameters.map((own) => [own.name, own.constraint] as const));
  const refits = definitions.filter((own) => own !== "covariance").length * covariance.names.length;
  const counter = progress.begin(`impacts ${plan.name}`, refits, "parameters");
  let done = 0;
  const request: SourceRequest = {
    objective: fitObjective(likelihood),
    fit,
    covariance,
    bounds: boundsOf(plan),
    precision: precisionOf(backend),
    tolerance: toleranceOf(likelihood, backend),
    outcomes(name, side) {
      const constraint = constraints.get(name);
      return constraint && outcomeChange(constraint, side);
    },
    signal,
  };
  const sources: ImpactSources[] = [];
  for (const definition of definitions) {
    const onSource = definition === "covariance" ? undefined : () => counter.update(++done);
    sources.push(await nuisanceSources({ ...request, ...(onSource && { onSource }) }, definition));
  }
  counter.done();
  const positions = names.map((name) => fit.estimate.names.indexOf(name));
  const functions: TargetFunctions = {
    targets: names.map((name) => ({ kind: "nuisance", name })),
    evaluate: async (theta) => positions.map((k) => theta[k]!),
  };
  const tables = await impactTables(functions, fit.estimate.values, sources, modeSources(request), {
    covariance,
    groups,
  });
  const problems = sources.flatMap(({ definition, sources: own }) =>
    own.flatMap(({ name, problems: all }) => all.map((problem) => `impact of ${name} (${definition}): ${problem}`)),
  );
  return { tables, problems };
}
