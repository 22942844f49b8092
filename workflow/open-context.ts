/** What the steps of a run share, made from an analysis: its folder of steps, its data, its simulation. */
import type { Backend } from "../engine/runtime/backend.js";
import { extremesOf } from "../inference/model/resolution.js";
import { checkTransportData } from "./check-inputs.js";
import { commonOf } from "./common-inputs.js";
import { type Analysis, dimensionsOf, willMoveY } from "./configuration/analysis.js";
import type { RunContext } from "./context.js";
import { UsageError } from "./errors.js";
import { checkLoaded, type LoadedEvents, loadEvents } from "./events/event-data.js";
import { digestOf } from "./events/event-digest.js";
import { requireEdges } from "./events/feature-support.js";
import { generatedEvents } from "./events/generated-events.js";
import { requireRange, resolutionWarnings } from "./events/resolution.js";
import { withoutOutside } from "./events/selection.js";
import { featureLines } from "./report/feature-text.js";
import type { Reporter } from "./reporter.js";
import { generateData } from "./simulation/generator-simulation.js";
import { openSimulation } from "./simulation/open-simulation.js";
import type { Simulation } from "./simulation/simulation.js";
import { type FolderSteps, openSteps } from "./store/step-store.js";

export function checkTrainable({ file, configuration }: Analysis): void {
  if (configuration.model.file === undefined) return;
  throw new UsageError(file, {
    expected: "samples or a generator to train on",
    got: "a finished model (model.file)",
    hint: "Use `unbinned fit`, `scan` or `hessian` with it, or remove model.file",
  });
}

/** A context of a command that has a folder to itself. */
export interface OpenContext extends RunContext {
  readonly store: FolderSteps;
}

export interface ContextRequest {
  readonly analysis: Analysis;
  /** Of the results. */
  readonly folder: string;
  readonly backend: Backend;
  /** Forget the steps that are there. */
  readonly isForced: boolean;
}

export async function openContext(
  { analysis, folder, backend, isForced }: ContextRequest,
  { progress, signal, warn }: Reporter,
): Promise<OpenContext> {
  const { configuration } = analysis;
  const { data } = configuration;
  const store = await openSteps(folder, commonOf(analysis, backend), isForced, { progress, signal });
  const load = () => loadEvents(analysis, [folder], undefined);
  const loaded =
    data.generator === undefined
      ? await load()
      : await generatedEvents(folder, await generateData(configuration, data.generator), load);
  const simulation = await openSimulation(analysis);
  const events = await insideSimulation(analysis, loaded, simulation);
  const extremes = [...simulation.extremes, [events.file, extremesOf(events.data)] as const];
  requireEdges(analysis, [[events.file, extremesOf(events.data)]], simulation.frame);
  requireRange(analysis, extremes, simulation.frame, backend.precision);
  for (const line of featureLines(analysis, simulation.frame)) progress.note(line);
  const samples = [...simulation.files, [events.file, events.data] as const];
  for (const warning of resolutionWarnings(samples, simulation.frame, backend.precision)) warn(warning);
  checkTransportData(analysis, events);
  return {
    analysis,
    folder,
    backend,
    store,
    simulation,
    events,
    dataKey: digestOf(events.data),
    sizes: dimensionsOf(configuration),
    progress,
    signal,
    warn,
  };
}

/** The data without those that `data.outside` leaves out. */
async function insideSimulation(analysis: Analysis, loaded: LoadedEvents, simulation: Simulation) {
  if (analysis.configuration.data.outside !== "drop") return loaded;
  const { range } = await simulation.checks();
  const events = withoutOutside(analysis, loaded, range, willMoveY(analysis.configuration));
  checkLoaded(analysis, events);
  return events;
}
