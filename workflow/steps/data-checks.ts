/** What a run says of its events: before it trains on simulation, before it fits the data, and of those that decided the fit. */
import type { MixtureModel } from "../../inference/model/mixture-model.js";
import { nuisanceVector } from "../configuration/analysis.js";
import { looksAtY, type Setting } from "../context.js";
import type { DataVerdict } from "../events/data-verdicts.js";
import { columnVerdicts, influenceVerdicts, requireFinite } from "../events/event-checks.js";
import type { FitSummary } from "../likelihood/fit-summary.js";
import { effectWarnings, nuisancesLeftOut, type SimulationChecks } from "../simulation/simulation-checks.js";
import { openFit } from "./open-fit.js";

export interface RunChecks extends Pick<SimulationChecks, "range"> {
  /** Shape nuisances whose effect the model leaves out, as their samples show none. */
  readonly leftOut: ReadonlySet<string>;
  /** Each has been a warning. */
  readonly verdicts: readonly DataVerdict[];
}

/** Before anything is trained. */
export async function checkEvents(setting: Setting): Promise<RunChecks> {
  const { analysis, events, simulation } = setting;
  const { range, verdicts: ofSimulation, effects } = await simulation.checks();
  const movesY = looksAtY(setting) && analysis.configuration.transfer.enabled;
  const verdicts = [...ofSimulation, ...columnVerdicts(analysis, events, range, movesY)];
  const leftOut = nuisancesLeftOut(analysis.configuration, simulation.anchors, effects);
  for (const text of effectWarnings(analysis.configuration, effects, leftOut)) setting.warn(text);
  return { range, leftOut, verdicts: warned(setting, verdicts) };
}

function warned(setting: Setting, verdicts: DataVerdict[]): DataVerdict[] {
  for (const { text } of verdicts) setting.warn(text);
  return verdicts;
}

/** Refuses data that have no likelihood where the first fit begins. */
export async function requireLikelihood(setting: Setting, simulated: MixtureModel): Promise<void> {
  const { analysis, events, signal } = setting;
  const open = await openFit(setting, simulated, events.data);
  try {
    await requireFinite(open, nuisanceVector(analysis.configuration, analysis.configuration.fit.start), signal);
  } finally {
    await open.close();
  }
}

/** Events that decided the fit. */
export async function checkInfluence(
  setting: Setting,
  model: MixtureModel,
  { estimate }: FitSummary,
): Promise<DataVerdict[]> {
  const open = await openFit(setting, model, setting.events.data);
  try {
    return warned(setting, await influenceVerdicts(open, estimate, setting.signal));
  } finally {
    await open.close();
  }
}
