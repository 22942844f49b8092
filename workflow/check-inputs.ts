/** What an analysis names, read, and what is made of its data: so that nothing is found wrong after the first training. */
import { dataFrame } from "../inference/measurements/distribution-of-interest/transport-training.js";
import { type AcceptanceFindings, NO_ACCEPTANCE } from "./acceptance.js";
import { type Analysis, dimensionsOf, willMoveY } from "./configuration/analysis.js";
import { checkFiles } from "./configuration/configuration.js";
import { UsageError } from "./errors.js";
import { columnVerdicts } from "./events/column-checks.js";
import { requireDensities, requireSupport } from "./events/data-verdicts.js";
import { type LoadedEvents, loadEvents } from "./events/event-data.js";
import { openSimulation } from "./simulation/open-simulation.js";
import type { Simulation } from "./simulation/simulation.js";
import { loadModel } from "./store/model-files.js";
import { Verdicts } from "./verdicts.js";

/**
 * Reads every file of an analysis as the verbs do that use it, and throws as they would. Generators draw nothing.
 *
 * @returns how the yields follow the shape nuisances, where samples say it
 */
export async function checkInputs(analysis: Analysis, warn: (text: string) => void): Promise<AcceptanceFindings> {
  checkFiles(analysis);
  const { model, data: source } = analysis.configuration;
  const data = source.file === undefined ? undefined : await loadEvents(analysis, [], undefined);
  if (model.file !== undefined) {
    await loadModel(analysis, []);
    return NO_ACCEPTANCE;
  }
  const simulation = await openSimulation(analysis);
  checkTransportData(analysis, data);
  if (!simulation.isFresh) await checkColumns(analysis, simulation, data, warn);
  return simulation.acceptance;
}

/** Warns of what is wrong with the columns, and refuses what `run` would refuse before it trains. */
async function checkColumns(
  analysis: Analysis,
  simulation: Simulation,
  data: LoadedEvents | undefined,
  warn: (text: string) => void,
): Promise<void> {
  const { file, configuration } = analysis;
  const { range, verdicts } = await simulation.checks();
  const ofData = data && columnVerdicts(analysis, data, range, willMoveY(configuration));
  const all = [...verdicts, ...(ofData ?? [])];
  new Verdicts(warn).add(all);
  requireDensities(file, configuration.data.spikes, all);
  requireSupport(file, configuration.data.outside, all);
}

/** Refuses data to which T cannot be fitted. */
export function checkTransportData(analysis: Analysis, data: LoadedEvents | undefined): void {
  const { configuration } = analysis;
  if (!configuration.likelihood.observables.includes("y") || !configuration.transport.enabled) return;
  checkHeldOut(analysis, data?.data.count ?? configuration.data.events);
  if (data === undefined) return;
  try {
    // Constants of standardisation, which there are of features that vary alone; x is the context of T.
    dataFrame(data.data, dimensionsOf(configuration).processes);
  } catch (error) {
    if (error instanceof UsageError) error.message = `${data.file}, data to which T is fitted: ${error.message}`;
    throw error;
  }
}

/** Of data, a part validates the response. */
function checkHeldOut({ file, configuration: { response } }: Analysis, events: number): void {
  const { enabled, sample, heldOut } = response;
  if (!enabled || sample !== "data" || heldOut === 0) return;
  const count = Math.round(heldOut * events);
  if (count >= 1 && count < events) return;
  throw new UsageError(`${file}: response.heldOut`, {
    expected: `a part of the ${events} events of the data that leaves events on either side`,
    got: `${heldOut}`,
    hint: "Raise it, or set it to 0",
  });
}
