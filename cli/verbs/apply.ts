import { mapVariations } from "../../inference/measurements/distribution-of-interest/apply.js";
import type { MixtureModel } from "../../inference/model/mixture-model.js";
import { nuisanceNames, processNames } from "../../workflow/configuration/analysis.js";
import { checkNoClash, columnNames } from "../../workflow/events/apply-columns.js";
import {
  type ApplyFiles,
  type ApplySource,
  applyFiles,
  knowsProcess,
  openApplySource,
} from "../../workflow/events/apply-files.js";
import type { SavedFit } from "../../workflow/likelihood/saved-fit.js";
import { AppliedBlocks } from "../../workflow/recipes/applied-blocks.js";
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
  const { options, operands } = context;
  const files = applyFiles(options);
  const map = await openMap({
    file: operands[0]!,
    options,
    givenPoint: (own) => givenPoint(own, options.nu),
  });
  const source = await openApplySource(map.analysis, options, files);
  try {
    await applyTo(context, files, map, source);
  } finally {
    await source.close();
  }
}

async function applyTo(
  context: VerbContext,
  files: ApplyFiles,
  { analysis, model, fit, at, replicas, belongings }: Awaited<ReturnType<typeof openMap>>,
  source: ApplySource,
): Promise<void> {
  const { options } = context;
  const { direction } = options;
  const { nu, nuFrom } = at;
  const simulatedAt = simulatedAtOf(analysis, options.simulatedAt);
  const variations = mapVariations(model, nu, fit?.summary.modes ?? [], replicas);
  const names = columnNames(
    direction,
    knowsProcess(analysis, options),
    processNames(analysis.configuration),
    analysis.configuration.observables.y!.columns,
    variations,
  );
  checkNoClash(files.events, source.names, names);
  warnOfFit(context, model, fit);
  warnOfUnread(context, files, source.unread);
  const backend = await openBackend(options, "f64");
  const map = { analysis, model, backend, direction, simulatedAt, variations, names };
  const applied = new AppliedBlocks(map, source, files.events);
  try {
    const provenance = { ...provenanceOf(analysis, at, belongings), "unbinned.direction": direction };
    await files.write(applied.columns(context), provenance);
  } finally {
    await backend.close();
  }
  const { count, outside } = applied;
  warnOfOutside(context, outside, count);
  for (const text of applied.warnings()) context.warn(text);
  const errors = mapErrors({
    hasResponse: model.response !== undefined,
    replicas: replicas.length,
    epochs: epochsOf(analysis.configuration),
  });
  if (errors.missing !== null)
    context.warn(`${files.out}: the columns of variations are no whole error. ${errors.missing}`);
  const verdicts = applied.verdicts();
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
