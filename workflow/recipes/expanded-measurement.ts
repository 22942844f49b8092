/** What a measurement of a distribution of interest is in the language of compositions: as its run will make it, or once its densities are trained. */
import type { CheckedComposition } from "../../inference/model/composition/composition.js";
import { EVENTS, EVENTS_GIVEN_X, mixtureComposition } from "../../inference/model/composition/mixture-composition.js";
import type { MixtureModel } from "../../inference/model/mixture-model.js";
import { type Analysis, runFolders } from "../configuration/analysis.js";
import { graphOf } from "../configuration/composition/expanded.js";
import type { Configuration } from "../configuration/table.js";
import { loadModel } from "../store/model-files.js";
import { plannedModel } from "./planned-model.js";
import { densityNotes, functionNotes } from "./planned-notes.js";

/** The columns of an observable, or what stands for those of a generator. */
const namesOf = (name: "x" | "y", columns: readonly string[], features: number) =>
  columns.length === features ? columns : Array.from({ length: features }, (_, i) => `${name}${i + 1}`);

/** Of what the likelihood looks at. */
function compositionOf({ likelihood, observables }: Configuration, model: MixtureModel): CheckedComposition {
  const { y: density, transport, response, ...ofX } = model;
  const looksAtY = likelihood.observables.includes("y");
  const columns = {
    x: namesOf("x", observables.x.columns, model.x.nominal.architecture.features),
    ...(looksAtY && density && { y: namesOf("y", observables.y!.columns, density.nominal.architecture.features) }),
  };
  return mixtureComposition(looksAtY ? model : ofX, columns, likelihood.form);
}

const NO_TEXTS = { ofFunction: () => undefined, ofDensity: () => undefined };

/** The graph that the run writes; what samples and trainings decide is null, or named under `decided_by_run`. */
function plannedGraph(configuration: Configuration) {
  const composition = compositionOf(configuration, plannedModel(configuration));
  const [ofDensity, ofFunction] = [densityNotes(configuration), functionNotes(configuration, composition)];
  return graphOf(composition, {
    ...NO_TEXTS,
    training: (name, entry) => ofDensity(name, entry),
    source: (name) => ofFunction.get(name),
  });
}

/**
 * @param run  folder of a run, whose trained model is printed; absent: what `run` will make of the configuration, or the model of the file that it
 *             names
 */
export async function expandedMeasurement(analysis: Analysis, run: string | undefined) {
  const { configuration } = analysis;
  const { name, seed, output, likelihood, model, fit, scan, report } = configuration;
  const isPlanned = run === undefined && model.file === undefined;
  const graph = isPlanned
    ? plannedGraph(configuration)
    : graphOf(compositionOf(configuration, await loadModel(analysis, runFolders(analysis, run, undefined))), NO_TEXTS);
  const distribution = likelihood.form === "joint" ? EVENTS : EVENTS_GIVEN_X;
  return {
    metadata: { name, seed, output },
    ...graph,
    likelihoods: [{ name: "data", distribution, extended: likelihood.extended }],
    analyses: { fit, scan, report },
  };
}
