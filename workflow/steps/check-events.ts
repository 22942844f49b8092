/** What a run says of its events: before it trains on simulation, and before it fits the data. */
import type { MixtureModel } from "../../inference/model/mixture-model.js";
import type { AcceptanceRow } from "../acceptance.js";
import { nuisanceVector, willMoveY } from "../configuration/analysis.js";
import type { RunContext } from "../context.js";
import { columnVerdicts } from "../events/column-checks.js";
import { selectionTexts } from "../events/cut-flow.js";
import { type DataVerdict, requireDensities, requireSupport } from "../events/data-verdicts.js";
import { requireFiniteDensities } from "../likelihood/event-checks.js";
import { openFit } from "../likelihood/open-fit.js";
import { effectWarnings, nuisancesLeftOut, type SimulationChecks } from "../simulation/simulation-checks.js";
import type { Verdicts } from "../verdicts.js";

export interface RunChecks extends Pick<SimulationChecks, "range"> {
  /** Shape nuisances whose effect the model leaves out, as their samples show none. */
  readonly leftOut: ReadonlySet<string>;
  /** How the yields follow the shape nuisances. */
  readonly acceptance: readonly AcceptanceRow[];
  readonly verdicts: readonly DataVerdict[];
}

/**
 * Before anything is trained.
 *
 * @param verdicts  gets what was found
 */
export async function checkEvents(context: RunContext, verdicts: Verdicts): Promise<RunChecks> {
  const { analysis, events, simulation } = context;
  const { range, verdicts: ofSimulation, effects } = await simulation.checks();
  const found = [...ofSimulation, ...columnVerdicts(analysis, events, range, willMoveY(analysis.configuration))];
  verdicts.add(found);
  const { spikes, outside } = analysis.configuration.data;
  requireDensities(analysis.file, spikes, found);
  requireSupport(analysis.file, outside, found);
  const ofData = selectionTexts(events.file, events.data, events.leftOut ?? []);
  for (const text of [...simulation.selectionTexts, ...ofData]) context.progress.note(text);
  const leftOut = nuisancesLeftOut(analysis.configuration, simulation.anchors, effects);
  const { rows: acceptance, notes } = simulation.acceptance;
  const movesYields = new Set(acceptance.map(({ nuisance }) => nuisance));
  for (const text of effectWarnings(analysis.configuration, effects, leftOut, movesYields)) context.warn(text);
  for (const text of notes) context.warn(text);
  return { range, leftOut, acceptance, verdicts: found };
}

/** Refuses data that have no likelihood where the first fit begins. */
export async function requireLikelihood(context: RunContext, simulated: MixtureModel): Promise<void> {
  const { analysis, events, signal } = context;
  const open = await openFit(context, simulated, events.data);
  try {
    await requireFiniteDensities(
      open,
      nuisanceVector(analysis.configuration, analysis.configuration.fit.start),
      signal,
    );
  } finally {
    await open.close();
  }
}
