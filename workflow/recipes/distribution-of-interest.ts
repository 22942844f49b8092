/** The whole chain, from events to the pulls of the distribution of interest. */
import { dirname, relative, resolve } from "node:path";
import type { MixtureModel } from "../../inference/model/mixture-model.js";
import { processNames } from "../configuration/analysis.js";
import { looksAtY, type RunContext } from "../context.js";
import { noiseVerdicts } from "../effect-noise.js";
import { cutFlowOf } from "../events/cut-flow.js";
import type { CutFlow } from "../events/loaded-events.js";
import { summaryVerdicts } from "../likelihood/nuisance-fit.js";
import { checkEvents, type RunChecks, requireLikelihood } from "../steps/check-events.js";
import { type Closure, checkClosure, closureFindings, pointsOfSimulation } from "../steps/closure.js";
import { checkFittedEvents } from "../steps/data-support.js";
import { displacementFields } from "../steps/displacements.js";
import { fitModel } from "../steps/fits/fit-chain.js";
import { scanFits } from "../steps/fits/scanning.js";
import { goodnessOfFit, goodnessVerdicts } from "../steps/goodness-of-fit.js";
import { findImpacts } from "../steps/impacts.js";
import { findSensitivity, projectionBands, yieldsOf } from "../steps/predictions.js";
import { type ProjectionSet, projectFit } from "../steps/projections.js";
import { biasFindings, findBiases } from "../steps/score-closure.js";
import { findSimulationErrors } from "../steps/simulation-errors/simulation-errors.js";
import type { SimulationKeys } from "../steps/simulation-keys.js";
import { trainDensity } from "../steps/trainings/densities.js";
import { judgeTrainings } from "../steps/trainings/training-step.js";
import { allOf, StepNotDone } from "../store/chosen-steps.js";
import { nuisanceModels } from "../store/model-files.js";
import { Verdicts } from "../verdicts.js";
import { attempt, type Missing, type OptionalPart } from "./optional-parts.js";
import type { Outcome } from "./outcome.js";

/**
 * The model of simulation: trained densities with the yields and nuisances of the configuration.
 *
 * @param verdicts  gets those on the trainings
 */
export async function trainSimulation(
  context: RunContext,
  { range, leftOut, acceptance }: RunChecks,
  verdicts: Verdicts,
) {
  const { configuration } = context.analysis;
  const [x, y] = await allOf([
    () => trainDensity(context, "x", leftOut),
    async () => (looksAtY(context) ? trainDensity(context, "y", leftOut) : undefined),
  ]);
  const { frame, kept, yields } = context.simulation;
  const model: MixtureModel = {
    ...(frame && { frame }),
    processes: processNames(configuration).map((name, f) => ({
      name,
      logYield: Math.log(yields[f]! * kept[f]!),
    })),
    nuisances: nuisanceModels(configuration, acceptance),
    x: x.density,
    ...(y && { y: y.density }),
    simulated: range,
  };
  // Yields, rates and what the nuisances act on enter with the model, not with the trainings.
  const keyOf = (densities: readonly (string | undefined)[]) =>
    JSON.stringify([...densities, model.processes, model.nuisances]);
  const keys: SimulationKeys = { whole: keyOf([x.key, y?.key]), xAlone: keyOf([x.key, undefined]) };
  const trainings = [...x.trainings, ...(y?.trainings ?? [])];
  const noise = [...x.noise, ...(y?.noise ?? [])];
  verdicts.add([...judgeTrainings(context, trainings), ...noiseVerdicts(noise)]);
  return { model, densities: [x.key, y?.key], keys, trainings, noise };
}

/**
 * Asks for every step that can be asked for, of a store that says what is there or does some. What is computed beside the steps is left out where
 * it takes time.
 *
 * @returns what the checks found as far as it came
 */
export async function visitSteps(context: RunContext): Promise<Verdicts> {
  const verdicts = new Verdicts(context.warn);
  try {
    await measured(context, [], false, verdicts);
  } catch (error) {
    if (!(error instanceof StepNotDone)) throw error;
  }
  return verdicts;
}

/** @param warnings  what `context.warn` has said, in order */
export const runChain = (context: RunContext, warnings: readonly string[]): Promise<Outcome> =>
  measured(context, warnings, true, new Verdicts(context.warn));

/** Of files of the user, by their names relative to the configuration. */
function cutFlowsOf({ analysis, simulation, events: { file, data, leftOut = [] } }: RunContext): readonly CutFlow[] {
  const isGenerated = analysis.configuration.data.file === undefined;
  const flows = [...simulation.cutFlows, ...(isGenerated ? [] : [cutFlowOf(file, data, leftOut)])];
  return flows.map((flow) => ({ ...flow, file: relative(dirname(resolve(analysis.file)), flow.file) }));
}

/**
 * @param looksAtEvents  whether events are looked at for their own sake, not for a step
 * @param verdicts       gets what the checks find
 */
async function measured(
  context: RunContext,
  warnings: readonly string[],
  looksAtEvents: boolean,
  verdicts: Verdicts,
): Promise<Outcome> {
  const missing: Missing = new Map();
  const part = <T, U>(name: OptionalPart, make: () => Promise<T>, instead: U) =>
    attempt(context, missing, name, make, instead);
  const checks = await checkEvents(context, verdicts);
  const trained = await trainSimulation(context, checks, verdicts);
  const { model: simulated, densities, keys } = trained;
  const points = pointsOfSimulation(context, simulated);
  const noClosure: Closure = { tests: [], verdicts: [] };
  const closure = await part("Closure", () => checkClosure(context, simulated, points, densities), noClosure);
  verdicts.add(closureFindings(context, closure));
  if (looksAtEvents) await requireLikelihood(context, simulated);
  const fitted = await fitModel(context, simulated, keys, trained.noise);
  verdicts.add(judgeTrainings(context, fitted.trainings));
  const { xAlone, fixed, profiled } = fitted.fits;
  // One of them is always there: fitModel fits x alone, or y too.
  const best = (profiled ?? fixed ?? xAlone)!;
  const { leftOut, acceptance } = checks;
  const simulation = { model: simulated, densities, leftOut, acceptance, fitted, xAloneKey: keys.xAlone };
  const simulationErrors = await part(
    "Errors from the simulation",
    () => findSimulationErrors(context, simulation),
    {},
  );
  const biases = await part(
    "Closure by scores",
    () => findBiases(context, simulated, points, keys, best, xAlone ?? best),
    [],
  );
  verdicts.add(biasFindings(context, biases));
  const ofFit = looksAtEvents
    ? await checkFittedEvents(context, fitted.model, best, checks.verdicts)
    : { verdicts: [], influence: [] };
  verdicts.add([...ofFit.verdicts, ...summaryVerdicts(best.label, best.summary)]);
  const { estimate } = best.summary;
  const noProjections: ProjectionSet = { projections: [], processes: [] };
  const projections = await part(
    "Data before and after the fit",
    () => projectFit(context, fitted.model, estimate, fitted.key),
    noProjections,
  );
  const goodness = goodnessOfFit(projections.projections);
  verdicts.add(goodnessVerdicts(context, goodness));
  const hasFields = fitted.model.transport !== undefined && projections !== noProjections;
  const fields = hasFields
    ? await part("Distribution of interest", () => displacementFields(context, fitted, best, projections), [])
    : [];
  const scans = await part("Likelihood scans", () => scanFits(context, fitted), []);
  for (const { label, found } of scans) {
    verdicts.add(found.verdicts.map((own) => ({ ...own, text: `${label}, ${own.text}` })));
  }
  const impacts = await part("Impacts", () => findImpacts(context, fitted, best), undefined);
  const trainings = [...trained.trainings, ...fitted.trainings];
  const yields = await part("Yields", () => yieldsOf(fitted.model, best), []);
  const bands = await part(
    "Bands of the projections",
    () => projectionBands(context, fitted, best, projections),
    undefined,
  );
  const sensitivity = await part("Expected errors", () => findSensitivity(context, fitted, best), undefined);
  return {
    closure,
    biases,
    fitted,
    best,
    simulationErrors,
    acceptance,
    noise: trained.noise,
    yields,
    projections,
    goodness,
    bands,
    sensitivity,
    fields,
    scans,
    impacts,
    trainings,
    verdicts: verdicts.all,
    influence: ofFit.influence,
    leftOut: [...context.simulation.leftOut, ...(context.events.leftOut ?? [])],
    cutFlows: cutFlowsOf(context),
    warnings,
    missing,
  };
}
