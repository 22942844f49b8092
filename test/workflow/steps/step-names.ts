/** Names of the steps of the analyses of `repeated-steps`, by what they follow from. */

const simple = (stage: string) => ["simple", "residual"].map((kind) => stage.replace("single", kind));
/** Of t, a simple morph has learned all that the samples show, so that the one that is configured is not trained alone. */
const trainedAs = (stage: string) => (stage === "single.t" ? simple(stage) : [stage]);
/** Beside a larger morph than that of the base a simple morph of s is another one too; that of t is as it was. */
export const largerMorph = (names: readonly string[]) =>
  names.flatMap((name) =>
    /(simple|residual)\.t$/.test(name) ? [] : name.endsWith("single.s") ? simple(name) : [name],
  );
/** So it is of one feature, of which a simple morph has fewer units. */
export const ofOneFeature = (of: string, names: readonly string[]) =>
  names.flatMap((name) => (name === `${of}.morph.single.s` ? simple(name) : [name]));
export const stagesOf = (of: string, ...stages: readonly string[]) =>
  stages.flatMap(trainedAs).map((stage) => `${of}.morph.${stage}`);
export const morphOf = (of: string) => stagesOf(of, "single.s", "single.t", "joint.s");
export const densityOf = (of: string) => [`${of}.nominal`, ...morphOf(of)];

export const FITS_OF_X = ["fit.x", "fit.x.replica.0", "fit.x.replica.1"];
export const REPLICAS = ["replica.0", "replica.1", "fit.fixed.replica.0", "fit.fixed.replica.1"];
export const SCANS = ["scans.profiled", "scans.fixed", "scans.averaged"];
export const PREDICTIONS = ["projections", "displacements", "impacts", "bands", "sensitivity"];
/** What follows from the fitted response. */
export const AFTER_RESPONSE = [
  "fit.profiled",
  "fit.averaged",
  "scans.profiled",
  "scans.averaged",
  "simulation.error.profiled",
  ...PREDICTIONS,
];
/** What follows from the fitted T. */
const AFTER_T = ["fit.fixed", "scans.fixed", "simulation.error.fixed", ...REPLICAS, "response", ...AFTER_RESPONSE];
export const OF_T = ["transport", ...AFTER_T];
/** With a T of other weights the fits of x alone of its replicas start elsewhere. */
export const OF_NEW_T = [...OF_T, "fit.x.replica.0", "fit.x.replica.1"];
/** What looks at the data. */
export const OF_OTHER_DATA = [...FITS_OF_X, ...OF_T];
/** What looks at the model; the part of the simulation sees the data by the estimate alone, which is what it was before. */
export const FITS = [...OF_OTHER_DATA, "simulation.error.xAlone"];
/** Closure by scores, which looks at yields too. */
export const SCORES = ["closure.x", "closure.y"];
export const ALL = [...densityOf("x"), ...densityOf("y"), "closure", ...SCORES, ...FITS];

export const TOY_OF_OTHER_DATA = [
  "fit.x",
  "transport",
  "fit.fixed",
  "response",
  "fit.profiled",
  "scans.profiled",
  "scans.fixed",
  "simulation.error.fixed",
  "simulation.error.profiled",
  ...PREDICTIONS,
];
export const TOY_FITS = [...TOY_OF_OTHER_DATA, "simulation.error.xAlone"];
export const TOY_MORPH = ["x", "y"].flatMap((of) => stagesOf(of, "single.shift", "single.squeeze"));
