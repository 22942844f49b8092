/** What the steps of a run share, made from an analysis: its folder of steps, its data, its simulation. */
import { createHash } from "node:crypto";
import type { Backend } from "../../engine/backend.js";
import type { EventData } from "../../inference/likelihood.js";
import { type Analysis, dimensionsOf } from "../analysis.js";
import { loadEvents, saveEvents } from "../event-data.js";
import { UsageError } from "../messages.js";
import { resolutionWarnings } from "../resolution.js";
import type { VerbContext } from "../verb.js";
import { readVersion } from "../version.js";
import { checkData } from "./inputs.js";
import type { Setting } from "./setting.js";
import { generateData, openSimulation } from "./simulation.js";
import { openSteps } from "./steps.js";

export function checkTrainable({ file, configuration }: Analysis): void {
  if (configuration.model.file === undefined) return;
  throw new UsageError(file, {
    expected: "samples or a generator to train on",
    got: "a finished model (model.file)",
    hint: "Use `unbinned fit`, `scan` or `hessian` with it, or remove model.file",
  });
}

export async function openSetting(
  { options, progress, signal }: Pick<VerbContext, "options" | "progress" | "signal">,
  analysis: Analysis,
  folder: string,
  backend: Backend,
  warn: (text: string) => void,
): Promise<Setting> {
  const { configuration } = analysis;
  const { seed, data } = configuration;
  const common = { version: readVersion(), seed, backend: backend.name, precision: backend.precision };
  const store = await openSteps(folder, common, options.force, progress);
  if (data.generator !== undefined) await saveEvents(folder, await generateData(configuration));
  const events = await loadEvents(analysis, [folder], undefined);
  const simulation = await openSimulation(analysis);
  const samples = [...simulation.files, [events.file, events.data] as const];
  for (const warning of resolutionWarnings(samples, simulation.frame, backend.precision)) warn(warning);
  checkData(analysis, events);
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

/** sha256 of the numbers. */
export function digestOf({ x, y, weights }: EventData): string {
  const hash = createHash("sha256");
  for (const column of [x, y, weights]) {
    if (column !== undefined) hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
    hash.update("/");
  }
  return hash.digest("hex");
}
