/** Simulation and data from a built-in generator: events as many as are asked for, those of every epoch new. */

import type { EventData } from "../../inference/model/likelihood/likelihood.js";
import type { SimulatedEvents } from "../../inference/model/sampling/simulated-events.js";
import { simulatedRange } from "../../inference/model/simulated-range.js";
import type { Anchor } from "../../inference/model/training/morph.js";
import { NO_ACCEPTANCE } from "../acceptance.js";
import {
  expectedYield,
  nuisanceNames,
  nuisancesOfKind,
  nuisanceVector,
  processNames,
  simulatedEvents,
  simulationAnchors,
} from "../configuration/analysis.js";
import {
  GENERATORS,
  type GeneratedEvents,
  type GeneratorName,
  type GeneratorRequest,
} from "../configuration/generators.js";
import type { Configuration } from "../configuration/table.js";
import { pointName } from "./point-name.js";
import type { Simulation } from "./simulation.js";

/** Events that the generator draws before it lets Ctrl-C and progress have their turn. */
const EVENTS_AT_ONCE = 100_000;

/** As the generator gives them, with pauses. */
async function drawEvents(name: GeneratorName, request: GeneratorRequest): Promise<GeneratedEvents> {
  const { load, ...made } = GENERATORS[name];
  const generate = await load();
  const { start, count } = request;
  const x = new Float32Array(made.x * count);
  const y = new Float32Array(made.y * count);
  for (let done = 0; done < count; done += EVENTS_AT_ONCE) {
    const some = Math.min(EVENTS_AT_ONCE, count - done);
    const events = generate({ ...request, start: start + done, count: some });
    for (const [all, part] of [
      [x, events.x],
      [y, events.y],
    ] as const) {
      for (let j = 0; j * count < all.length; j++) all.set(part.subarray(j * some, (j + 1) * some), j * count + done);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { x, y };
}

export async function generatorSimulation(configuration: Configuration, generator: GeneratorName): Promise<Simulation> {
  const { seed, simulation } = configuration;
  const anchors = simulationAnchors(configuration);
  const total = simulatedEvents(configuration);
  const draw = async ({ process, at }: Anchor, purpose: string, start: number, count: number) => {
    const stream = { seed, purpose: `${purpose}/${process}/${pointName(configuration, at)}`, start, count };
    return { process, at, count, ...(await drawEvents(generator, { ...stream, nu: at, distorted: false, process })) };
  };
  const drawAll = async (of: readonly Anchor[], purpose: string, epoch: number, count: number) => {
    const events: SimulatedEvents[] = [];
    for (const anchor of of) events.push(await draw(anchor, purpose, epoch * count, count));
    return events;
  };
  const test = (of: readonly Anchor[]) =>
    drawAll(of, "simulation/held out", 0, Math.ceil((simulation.heldOut * total) / anchors.length));
  return {
    anchors,
    digest: (of) =>
      JSON.stringify({
        generator: simulation.generator,
        total,
        points: of.map(({ process, at }) => [process, pointName(configuration, at)]),
      }),
    files: [],
    extremes: [],
    leftOut: [],
    cutFlows: [],
    selectionTexts: [],
    yields: processNames(configuration).map((name) => expectedYield(configuration, name)),
    kept: processNames(configuration).map(() => 1),
    isFresh: true,
    training: (purpose, of, epoch, epochs) =>
      drawAll(of, `simulation/${purpose}`, epoch, Math.ceil(total / epochs / of.length)),
    validation: async () => undefined,
    test,
    // It makes as many events at every point.
    acceptance: NO_ACCEPTANCE,
    checks: async () => ({ range: simulatedRange(await test(anchors)), verdicts: [], effects: [] }),
  };
}

/** The data of a generator, at the truth, distorted. */
export async function generateData(configuration: Configuration, generator: GeneratorName): Promise<EventData> {
  const { seed, data, truth } = configuration;
  const vector = nuisanceVector(configuration, truth);
  const names = nuisanceNames(configuration);
  const nu = nuisancesOfKind(configuration, "shape").map((name) => vector[names.indexOf(name)]!);
  const request = { seed, purpose: "data", start: 0, count: data.events, nu, distorted: true, process: undefined };
  return { count: data.events, ...(await drawEvents(generator, request)) };
}
