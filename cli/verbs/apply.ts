import {
  applyTransport,
  countOutside,
  mapVariations,
} from "../../inference/measurements/distribution-of-interest/apply.js";
import type { MixtureModel } from "../../inference/model/mixture-model.js";
import { extremesOf } from "../../inference/model/resolution.js";
import type { NamedArray } from "../../io/index.js";
import { nuisanceNames, processNames } from "../../workflow/configuration/analysis.js";
import { resultVerdicts, sampleWarnings } from "../../workflow/events/apply-checks.js";
import {
  type ApplyFiles,
  addColumns,
  applyFiles,
  checkNoClash,
  columnNames,
  readApplyTable,
} from "../../workflow/events/apply-files.js";
import { requireEdges } from "../../workflow/events/feature-support.js";
import { requireRange, resolutionWarnings } from "../../workflow/events/resolution.js";
import type { SavedFit } from "../../workflow/likelihood/saved-fit.js";
import { pointText, valuesText } from "../../workflow/recipes/chosen-point.js";
import { openMap } from "../../workflow/recipes/measured-map.js";
import { provenanceOf } from "../../workflow/recipes/provenance.js";
import { epochsOf, mapErrors } from "../../workflow/transport-errors.js";
import { repeatedText, requirePassed, verdictText } from "../../workflow/verdicts.js";
import { openBackend } from "../command/backend.js";
import { givenPoint, simulatedAtOf } from "../command/point.js";
import type { VerbContext } from "../command/verb.js";

/** Maps every event of a file with T and adds the results as columns. */
export async function apply(context: VerbContext): Promise<void> {
  const { options, operands, progress, signal } = context;
  const files = applyFiles(options);
  const { analysis, model, fit, at, replicas, belongings } = await openMap({
    file: operands[0]!,
    options,
    givenPoint: (own) => givenPoint(own, options.nu),
  });
  const { nu, nuFrom } = at;
  const simulatedAt = simulatedAtOf(analysis, options.simulatedAt);
  const { sample, columns, observed, unread } = await readApplyTable(analysis, options, files);
  const { direction } = options;
  const { count } = sample;
  const variations = mapVariations(model, nu, fit?.summary.modes ?? [], replicas);
  const isKnown = sample.process !== undefined;
  const processes = processNames(analysis.configuration);
  const names = columnNames(
    direction,
    isKnown,
    processes,
    observed.map(({ name }) => name),
    variations,
  );
  checkNoClash(files.events, columns, names);
  warnOfFit(context, model, fit);
  warnOfUnread(context, files, unread);
  const backend = await openBackend(options, "f64");
  requireEdges(analysis, [[files.events, extremesOf(sample)]], model.frame);
  requireRange(analysis, [[files.events, extremesOf(sample)]], model.frame, backend.precision);
  for (const warning of resolutionWarnings([[files.events, sample]], model.frame, backend.precision))
    context.warn(warning);
  try {
    const counter = progress.begin("apply", count * variations.length, "maps");
    const onEvents = (done: number) => counter.update(done);
    // A frame is there where f32 would not hold the features.
    const precision = { y: model.frame === undefined ? backend.precision : "f64", others: backend.precision } as const;
    const request = { backend, model, direction, sample, simulatedAt, variations, signal, onEvents };
    for await (const applied of applyTransport(request)) addColumns(columns, names, applied, observed, precision);
    counter.done();
  } finally {
    await backend.close();
  }
  signal.throwIfAborted();
  await files.write(columns, { ...provenanceOf(analysis, at, belongings), "unbinned.direction": direction });
  const outside = countOutside(model, sample.y, count);
  warnOfOutside(context, outside, count);
  for (const text of sampleWarnings(analysis, model, files.events, sample, direction)) context.warn(text);
  const errors = mapErrors({
    hasResponse: model.response !== undefined,
    replicas: replicas.length,
    epochs: epochsOf(analysis.configuration),
  });
  if (errors.missing !== null)
    context.warn(`${files.out}: the columns of variations are no whole error. ${errors.missing}`);
  const results = names.all.map((name) => columns.get(name) as NamedArray);
  const verdicts = resultVerdicts(files.events, results, count);
  for (const own of verdicts) context.warn(verdictText(own));
  const simulated = valuesText(analysis, simulatedAt);
  context.print(
    `${count} events mapped ${direction} at ${pointText(analysis, at)}, simulation made at ${simulated}: ${names.nominal.join(", ")}, with ${variations.length - 1} ` +
      `variations of y (${replicas.length} of them replicas), in ${files.out}`,
  );
  context.printJson({
    names: nuisanceNames(analysis.configuration),
    nu,
    nuFrom,
    simulatedAt,
    direction,
    events: count,
    outside,
    errorsOfT: errors,
    columns: names.all,
    verdicts,
    file: files.out,
  });
  requirePassed("apply", verdicts);
}

/** What makes the variations along modes less than they should be. */
function warnOfFit({ warn }: VerbContext, { response }: MixtureModel, fit: SavedFit | undefined): void {
  if (fit === undefined) {
    if (response !== undefined) warn("there is no fit, so there are no variations along its modes");
    return;
  }
  const { status, reason, modes, problem } = fit.summary;
  const repeated = repeatedText(fit.file, fit.failed);
  if (repeated) warn(repeated);
  if (status !== "converged") warn(`${fit.file}: the fit did not converge (${status}). ${reason}`);
  if (response !== undefined && modes.length === 0) {
    warn(`${fit.file}: the fit has no errors, so there are no variations along modes. ${problem ?? ""}`);
  }
}

function warnOfUnread({ warn }: VerbContext, { events, out }: ApplyFiles, unread: readonly string[]): void {
  if (unread.length === 0) return;
  warn(`${events}: ${unread.join(", ")}: not numbers, so not written to ${out}. Only a csv file keeps text`);
}

function warnOfOutside({ warn }: VerbContext, outside: number, count: number): void {
  if (outside === 0) return;
  warn(
    `${outside} of ${count} events (${((100 * outside) / count).toPrecision(2)}%) have a y outside the range of the ` +
      "splines of T: T is linear there, which no data support",
  );
}
