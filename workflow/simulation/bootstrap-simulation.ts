/** Simulation from files as a Poisson bootstrap has it: every event counts as often as it is drawn. */
import { fillPoissonOne, randomKey } from "../../engine/random/random.js";
import { type EventSample, selectEvents } from "../../flows/training/event-sample.js";
import { totalWeight } from "../../flows/training/weighted-moments.js";
import type { SimulatedEvents } from "../../inference/model/sampling/simulated-events.js";
import { processNames } from "../configuration/analysis.js";
import type { Configuration } from "../configuration/table.js";
import { pointName } from "./point-name.js";
import { isSameAnchor } from "./sample-simulation.js";
import type { Simulation } from "./simulation.js";

type Columns = Pick<SimulatedEvents, "count" | "x" | "y" | "weights">;

/** The sum of weights of the samples of a process at a point, in the bootstrap over that of the samples as they are. */
export type SumRatio = (process: number, at: readonly number[]) => number;

export interface BootstrapSimulation {
  /** Without events by which a training chooses its epoch: the start, which has seen all events, would be the best of them. */
  readonly simulation: Simulation;
  readonly sumRatio: SumRatio;
}

/** The events that are drawn, each once, with its weight times the number of draws. */
function drawn({ count, x, y, weights }: Columns, times: Uint8Array): Columns {
  const all: EventSample = {
    count,
    columns: { x, ...(y && { y }), weights: Float64Array.from(times, (n, i) => n * (weights?.[i] ?? 1)) },
  };
  const rows = Int32Array.from(times.keys()).filter((i) => times[i]! > 0);
  const { columns } = selectEvents(all, rows);
  return { count: rows.length, ...columns } as unknown as Columns;
}

/**
 * Samples with the number of draws of each event, a pure function of (seed, process, point, part, event, replica). Variations of the same
 * events are drawn alike.
 */
function drawnSamples(
  configuration: Configuration,
  samples: readonly SimulatedEvents[],
  part: string,
  replica: number,
): SimulatedEvents[] {
  const names = processNames(configuration);
  const before = new Map<string, number>();
  const nominalOf = new Map<object, { readonly times: Uint8Array; readonly events: Columns }>();
  const found = new Map<SimulatedEvents, SimulatedEvents>();
  const unpaired = samples.filter(({ nominal }) => nominal === undefined);
  for (const own of unpaired) {
    const point = `${names[own.process]}/${pointName(configuration, own.at)}`;
    const nth = before.get(point) ?? 0;
    before.set(point, nth + 1);
    const times = new Uint8Array(own.count);
    fillPoissonOne(randomKey(configuration.seed, `simulation bootstrap/${part}/${point}/${nth}`, replica), 0, times);
    const events = drawn(own, times);
    nominalOf.set(own, { times, events });
    found.set(own, { ...own, ...events });
  }
  return samples.map((own) => {
    if (own.nominal === undefined) return found.get(own)!;
    const { times, events } = nominalOf.get(own.nominal)!;
    return { ...own, ...drawn(own, times), nominal: events };
  });
}

/** @param replica  from 0 */
export async function bootstrapSimulation(
  configuration: Configuration,
  simulation: Simulation,
  replica: number,
): Promise<BootstrapSimulation> {
  const { anchors } = simulation;
  const parts = {
    training: await simulation.training("", anchors, 0, 1),
    validation: (await simulation.validation(anchors)) ?? [],
    test: await simulation.test(anchors),
  };
  const all = Object.entries(parts).map(([part, samples]) => ({
    samples,
    replica: drawnSamples(configuration, samples, part, replica),
  }));
  const training = all[0]!.replica;
  const sumAt = (of: "samples" | "replica", process: number, at: readonly number[]) =>
    all
      .flatMap((part) => part[of])
      .filter((own) => isSameAnchor(own, { process, at }))
      .reduce((sum, own) => sum + totalWeight(own), 0);
  return {
    simulation: {
      ...simulation,
      digest: (own, of) => JSON.stringify({ of: simulation.digest(own, of), replica }),
      training: async (_purpose, own) => training.filter((events) => own.some((one) => isSameAnchor(one, events))),
      validation: async () => undefined,
    },
    sumRatio: (process, at) => sumAt("replica", process, at) / sumAt("samples", process, at),
  };
}
