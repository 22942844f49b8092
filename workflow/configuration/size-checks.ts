/** What is too large for memory or for the numbers' type, or too small to train on, and what no single entry can tell. */

import { UsageError } from "../errors.js";
import {
  affectedProcesses,
  expectedYield,
  nuisancesOfKind,
  nuisanceVector,
  simulatedEvents,
  simulationAnchors,
} from "./analysis.js";
import {
  morphArchitecture,
  nominalArchitecture,
  responseArchitecture,
  transportArchitecture,
} from "./architectures.js";
import { MAXIMA } from "./limits.js";
import type { Configuration } from "./table.js";
import type { Path, ReportProblem } from "./validation.js";

/** Beyond it yields are none that f32 holds. */
const MOST_EVENTS = 1e30;

/** A rate at its bounds multiplies the yields of its processes. */
export function checkYields(configuration: Configuration, report: ReportProblem): void {
  for (const name of nuisancesOfKind(configuration, "rate")) {
    const { kappa } = configuration.nuisances[name]!;
    if (kappa === undefined) continue;
    for (const process of affectedProcesses(configuration, name)) {
      const change = { nuisance: name, process, perUnit: Math.abs(Math.log1p(kappa)) };
      const exceeded = mostEventsExceeded(configuration, change);
      if (exceeded === undefined) continue;
      const { expected, reach } = exceeded;
      report(["nuisances", name, "kappa"], expected, `(1 + ${kappa})^${reach}`, "Correct it, or narrow the bounds");
      break;
    }
  }
}

interface YieldChange {
  readonly nuisance: string;
  readonly process: string;
  /** Largest change of log N_f per unit of the nuisance. */
  readonly perUnit: number;
}

/** What is expected of a yield at the bounds of a fit, which lie `reach` from nominal; undefined where it is so. */
export function mostEventsExceeded(configuration: Configuration, { nuisance, process, perUnit }: YieldChange) {
  const { nominal } = configuration.nuisances[nuisance]!;
  const reach = Math.max(...configuration.fit.bounds.map((bound) => Math.abs(bound - nominal)));
  const logYield = Math.log(expectedYield(configuration, process) ?? 1);
  if (perUnit * reach + Math.abs(logYield) <= Math.log(MOST_EVENTS)) return undefined;
  const range = `between 1/${MOST_EVENTS} and ${MOST_EVENTS} events`;
  return { expected: `a change that leaves ${process} ${range} within fit.bounds`, reach };
}

/** What a generator draws at once lies in memory. */
export function checkEventCounts(configuration: Configuration, report: ReportProblem): void {
  const { simulation, flows, morph, data, likelihood, transport } = configuration;
  if (simulation.generator !== undefined) {
    const path = ["simulation", "events"];
    const total = simulatedEvents(configuration);
    const epochs = [flows.x, flows.y, morph.x, morph.y].map(({ training }) => training.epochs);
    const atOnce = Math.max(total / Math.min(...epochs), simulation.heldOut * total);
    if (atOnce > MAXIMA.events) {
      report(path, `at most ${MAXIMA.events} events in an epoch or held out`, `${Math.ceil(atOnce)}`, "Lower it");
    }
    const points = simulationAnchors(configuration).length;
    // Those held out say how wide the features are; an epoch has at least one event of each.
    if (simulation.heldOut * total <= points) {
      const expected = `enough events for two of every process and point (${points}) held out`;
      report(path, expected, `${total}`, "Raise it, or simulation.heldOut");
    }
  }
  if (data.generator !== undefined && data.events < 2 && likelihood.observables.includes("y") && transport.enabled) {
    report(["data", "events"], "at least 2, to which T is fitted", `${data.events}`, "Raise it");
  }
}

/** Networks that would take all memory, found by making what describes them. */
export function checkSizes(configuration: Configuration, report: ReportProblem): void {
  const hasY = configuration.observables.y !== undefined;
  const hasShapes = nuisancesOfKind(configuration, "shape").length > 0;
  const nominal = nuisanceVector(configuration, {});
  const scales = nominal.map(() => 1);
  const parts: readonly (readonly [Path, boolean, () => unknown])[] = [
    [["flows", "x"], true, () => nominalArchitecture(configuration, "x")],
    [["flows", "y"], hasY, () => nominalArchitecture(configuration, "y")],
    [["morph", "x"], hasShapes, () => morphArchitecture(configuration, "x")],
    [["morph", "y"], hasShapes && hasY, () => morphArchitecture(configuration, "y")],
    [["transport"], hasY, () => transportArchitecture(configuration)],
    [["response"], hasY, () => responseArchitecture(configuration, nominal, scales)],
  ];
  for (const [path, isUsed, make] of parts) {
    if (!isUsed) continue;
    try {
      make();
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      report(
        path,
        "networks of a size that can be trained",
        `others (${error.message})`,
        "Make `hidden`, `layers` or `bins` smaller",
      );
    }
  }
}
