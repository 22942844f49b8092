/** The results of a run as data: results.json, without times or paths, and arrays.npz. */

import { sideOf } from "../../inference/model/mixture-model.js";
import { intervals } from "../../inference/statistics/intervals/scan.js";
import { scanParabola, scanParaboloid } from "../../inference/statistics/intervals/scan-parabola.js";
import type { NamedArray } from "../../io/index.js";
import { nuisanceNames, processNames } from "../configuration/analysis.js";
import type { RunContext } from "../context.js";
import { scanArrays } from "../likelihood/nuisance-scan.js";
import type { Outcome } from "../recipes/outcome.js";
import { unconvergedOf } from "../training-verdict.js";
import { errorsOfT } from "../transport-errors.js";
import { failedOf } from "../verdicts.js";
import { readVersion } from "../version.js";
import { closureResults } from "./closure-report.js";
import { ensembleResults } from "./ensemble-results.js";
import { featureRows } from "./feature-text.js";
import { featureLabel, goodnessOf } from "./labels.js";
import { errorParts } from "./simulation-text.js";

export function resultsOf(context: RunContext, outcome: Outcome) {
  const { configuration } = context.analysis;
  const {
    fitted,
    best,
    simulationErrors,
    acceptance,
    noise,
    yields,
    projections,
    goodness,
    bands,
    sensitivity,
    fields,
    scans,
    impacts,
    trainings,
    verdicts,
    leftOut,
    influence,
    warnings,
  } = outcome;
  const { data } = context.events;
  const ofT = errorsOfT(configuration, fitted);
  return {
    analysis: configuration.name,
    version: readVersion(),
    seed: configuration.seed,
    backend: { name: context.backend.name, precision: context.backend.precision },
    events: data.count,
    effectiveEvents: best.summary.effectiveEvents,
    observables: configuration.likelihood.observables,
    form: configuration.likelihood.form,
    nuisances: nuisanceNames(configuration),
    processes: processNames(configuration),
    truth: configuration.truth,
    result: best.label,
    fits: Object.fromEntries(
      Object.entries(fitted.fits).map(([name, fit]) => [
        name,
        {
          label: fit.label,
          ...fit.summary,
          ...errorParts(simulationErrors, name),
          unconverged: unconvergedOf(name, verdicts),
        },
      ]),
    ),
    ensemble: ensembleResults(outcome),
    features: featureRows(context.analysis, fitted.model.frame),
    acceptance,
    trainingNoise: noise,
    yields,
    closure: closureResults(context, outcome),
    expected: sensitivity ?? null,
    projections: projections.projections.map(({ of, feature, predictions, quantiles }, i) => ({
      of,
      feature: featureLabel(context, of, feature),
      before: goodnessOf(predictions[0]!.result) ?? null,
      after: goodnessOf(predictions[1]!.result) ?? null,
      afterInWideBins: goodnessOf(quantiles.result) ?? null,
      band: bands?.[i] ?? null,
      // x does not depend on T.
      missing: of === "y" ? (ofT?.missing ?? null) : null,
    })),
    goodness:
      goodness === undefined ? null : { pValue: goodness.pValue, tests: goodness.tests, passed: goodness.passed },
    scans: Object.fromEntries(
      scans.map(({ name: fit, found }) => [
        fit,
        {
          single: found.single.map((scan) => ({
            name: scan.name,
            values: scan.values,
            deltaTwoNll: scan.deltaTwoNll,
            intervals: [1, 4].map((level) => ({ level, ends: intervals(scan, level) })),
            parabola: scanParabola(scan),
          })),
          pairs: found.pairs.map((scan) => ({
            names: scan.names,
            values: scan.values,
            deltaTwoNll: scan.deltaTwoNll,
            paraboloid: scanParaboloid(scan),
          })),
        },
      ]),
    ),
    impacts: impacts ?? null,
    errorsOfT: ofT ?? null,
    response: fitted.model.response === undefined ? null : { actsOn: sideOf(fitted.model.response) },
    displacements: fields.map(({ process, features, mode, side, errors }, i) => ({
      process: processNames(configuration)[process],
      features: features.map((feature) => featureLabel(context, "y", feature)),
      mode,
      side,
      errors: errors === null ? null : errors.total === null ? "nuisances" : "total",
      arrays: `displacement/${i}`,
    })),
    trainings: trainings.map(({ label, summary }) => ({ label, ...summary })),
    verdicts: failedOf(verdicts),
    leftOut,
    influence,
    warnings: [...warnings],
  };
}

const array = (shape: readonly number[], values: readonly number[]): NamedArray => ({
  shape,
  data: Float64Array.from(values),
});

/**
 * scan/<fit>/…, closure/<i>/edges, /observed, /expected of single features and projection/<i>/edges, /observed, /before, /after in the order of
 * results.json; displacement/<i>/points and /displacements, with an ensemble also /mean and /spread over the replicas. T at the fit has
 * errors of one standard deviation: /nuisances_lower and /nuisances_upper, which are the part of the nuisances alone; with an ensemble also
 * /statistical, of the fluctuation of the data at fixed nuisances, and /total_lower and /total_upper about /central.
 */
export function arraysOf({ closure, projections, fields, scans }: Outcome): Map<string, NamedArray> {
  const arrays = new Map<string, NamedArray>();
  const vector = (name: string, values: readonly number[]) => arrays.set(name, array([values.length], values));
  const table = (name: string, rows: readonly (readonly number[])[]) =>
    arrays.set(name, array([rows.length, rows[0]?.length ?? 0], rows.flat()));
  for (const { name: fit, found } of scans) {
    for (const [name, values] of scanArrays(found)) arrays.set(`scan/${fit}/${name}`, values);
  }
  for (const [i, { histogram }] of closure.tests.entries()) {
    if (histogram === undefined) continue;
    const { observed, expected } = histogram;
    vector(`closure/${i}/edges`, observed.edges);
    vector(`closure/${i}/observed`, observed.sums);
    vector(`closure/${i}/expected`, expected.sums);
  }
  for (const [i, { observed, predictions }] of projections.projections.entries()) {
    vector(`projection/${i}/edges`, observed.edges);
    vector(`projection/${i}/observed`, observed.sums);
    vector(`projection/${i}/before`, predictions[0]!.expected.sums);
    vector(`projection/${i}/after`, predictions[1]!.expected.sums);
  }
  for (const [i, { points, displacements, replicas, errors }] of fields.entries()) {
    table(`displacement/${i}/points`, points);
    table(`displacement/${i}/displacements`, displacements);
    if (errors !== null) {
      const { central, statistical, nuisances, total } = errors;
      const sides = { nuisances_lower: nuisances.lower, nuisances_upper: nuisances.upper };
      const ofEnsemble = total &&
        statistical && { central, statistical, total_lower: total.lower, total_upper: total.upper };
      for (const [name, rows] of Object.entries({ ...sides, ...ofEnsemble })) table(`displacement/${i}/${name}`, rows);
    }
    if (replicas === null) continue;
    table(`displacement/${i}/mean`, replicas.mean);
    table(`displacement/${i}/spread`, replicas.spread);
  }
  return arrays;
}
