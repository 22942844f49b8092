/** What a measurement of a distribution of interest is in the language of compositions, once its densities are trained. */
import { EVENTS, mixtureComposition } from "../../inference/model/composition/mixture-composition.js";
import { type Analysis, runFolders } from "../configuration/analysis.js";
import { graphOf } from "../configuration/composition/expanded.js";
import { UsageError } from "../errors.js";
import { loadModel } from "../store/model-files.js";

/** The columns of an observable, or what stands for those of a generator. */
const namesOf = (name: "x" | "y", columns: readonly string[], features: number) =>
  columns.length === features ? columns : Array.from({ length: features }, (_, i) => `${name}${i + 1}`);

/** @param run  folder of the run, in place of the `output` of the file */
export async function expandedMeasurement(analysis: Analysis, run: string | undefined) {
  const { name, seed, output, observables, likelihood, fit, scan, report } = analysis.configuration;
  if (likelihood.form !== "joint") {
    throw new UsageError(analysis.file, {
      expected: "likelihood.form: joint",
      got: likelihood.form,
      hint: "p(y | x) of a mixture has no word in the language yet",
    });
  }
  const model = await loadModel(analysis, runFolders(analysis, run, undefined));
  const looksAtY = likelihood.observables.includes("y");
  const { y: density, transport, response, ...ofX } = model;
  const looked = looksAtY ? model : ofX;
  const composition = mixtureComposition(looked, {
    x: namesOf("x", observables.x.columns, model.x.nominal.architecture.features),
    ...(looksAtY && density && { y: namesOf("y", observables.y!.columns, density.nominal.architecture.features) }),
  });
  const none = { ofFunction: () => undefined, ofDensity: () => undefined };
  return {
    metadata: { name, seed, output },
    ...graphOf(composition, none),
    likelihoods: [{ name: "data", distribution: EVENTS, extended: likelihood.extended }],
    analyses: { fit, scan, report },
  };
}
