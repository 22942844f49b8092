/** Where simulated events come from: the built-in generator, fresh in every epoch, or the user's files. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { sampleToy, type ToyClass, type ToyNuisances, type ToyRequest } from "../../examples/doi-toy/generator.js";
import { type EventSample, splitSample } from "../../flows/training/event-sample.js";
import { simulatedRange } from "../../inference/data-checks/simulated-range.js";
import { nuisanceEffects } from "../../inference/data-checks/variations.js";
import type { ModelFrame } from "../../inference/model/feature-frame.js";
import type { EventData } from "../../inference/model/likelihood/likelihood.js";
import { frameOfSimulation, type SimulatedEvents } from "../../inference/model/sampling/simulated-events.js";
import type { Anchor } from "../../inference/model/training/morph.js";
import { readEvents, requireColumn } from "../../io/index.js";
import {
  type Analysis,
  nuisanceNames,
  nuisancesOfKind,
  nuisanceVector,
  pathOf,
  processNames,
  shapeCentres,
  simulatedEvents,
  simulationAnchors,
} from "../configuration/analysis.js";
import type { Configuration } from "../configuration/table.js";
import { UsageError } from "../errors.js";
import { checkSamples, type SampleFile, type SampleFindings, type SimulationChecks } from "./simulation-checks.js";

export interface Simulation {
  /** Every process at every point at which it was or will be simulated, the nominal one included. */
  readonly anchors: readonly Anchor[];
  /** Stands for the events of these anchors: equal digests, equal events, whatever else is simulated. */
  digest(anchors: readonly Anchor[]): string;
  /** In which the densities are trained; absent where the features are of order one, as those of the generator are. */
  readonly frame?: ModelFrame | undefined;
  /** Events of files, all but those held out, by the name of the file. */
  readonly files: readonly (readonly [string, SimulatedEvents])[];
  /** Are events of every epoch new? */
  readonly isFresh: boolean;
  /** Events of these anchors for an epoch of a training of so many epochs. */
  training(purpose: string, anchors: readonly Anchor[], epoch: number, epochs: number): Promise<SimulatedEvents[]>;
  /** Events of these anchors by which a training on others chooses its epoch; undefined where the events of every epoch are new. */
  validation(anchors: readonly Anchor[]): Promise<SimulatedEvents[] | undefined>;
  /** Events of these anchors that no training sees, not even to choose its epoch: they judge what was trained. */
  test(anchors: readonly Anchor[]): Promise<SimulatedEvents[]>;
  /** What the samples say by themselves. */
  checks(): Promise<SimulationChecks>;
}

const isSameAnchor = (a: Anchor, b: Anchor) => a.process === b.process && a.at.every((value, k) => value === b.at[k]);

/** A point by what is off its centre, "scale=1,tilt=-1": other nuisances, and the order of all, change nothing. */
function pointName(configuration: Configuration, at: readonly number[]): string {
  const centres = shapeCentres(configuration);
  const moved = nuisancesOfKind(configuration, "shape").flatMap((name, k) =>
    at[k] === centres[k] ? [] : [`${name}=${at[k]}`],
  );
  return moved.length === 0 ? "nominal" : moved.sort().join();
}

export function openSimulation(analysis: Analysis): Promise<Simulation> {
  return analysis.configuration.simulation.generator === undefined
    ? filesOfSamples(analysis)
    : Promise.resolve(toySimulation(analysis.configuration));
}

/** Events that the generator draws before it lets Ctrl-C and progress have their turn. */
const EVENTS_AT_ONCE = 100_000;

/** As `sampleToy`, with pauses. */
async function drawToy(draw: ToyRequest): Promise<{ x: Float32Array; y: Float32Array }> {
  const { start, count } = draw;
  const x = new Float32Array(2 * count);
  const y = new Float32Array(2 * count);
  for (let done = 0; done < count; done += EVENTS_AT_ONCE) {
    const some = Math.min(EVENTS_AT_ONCE, count - done);
    const events = sampleToy({ ...draw, start: start + done, count: some });
    for (const [all, part] of [
      [x, events.x],
      [y, events.y],
    ] as const) {
      for (let j = 0; j < 2; j++) all.set(part.subarray(j * some, (j + 1) * some), j * count + done);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { x, y };
}

function toySimulation(configuration: Configuration): Simulation {
  const { seed, simulation } = configuration;
  const anchors = simulationAnchors(configuration);
  const total = simulatedEvents(configuration);
  const draw = async ({ process, at }: Anchor, purpose: string, start: number, count: number) => {
    const nu = at as unknown as ToyNuisances;
    const stream = { seed, purpose: `${purpose}/${process}/${pointName(configuration, at)}`, start, count };
    return {
      process,
      at,
      count,
      ...(await drawToy({ ...stream, nu, distorted: false, classes: process as ToyClass })),
    };
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
        heldOut: simulation.heldOut,
        points: of.map(({ process, at }) => [process, pointName(configuration, at)]),
      }),
    files: [],
    isFresh: true,
    training: (purpose, of, epoch, epochs) =>
      drawAll(of, `simulation/${purpose}`, epoch, Math.ceil(total / epochs / of.length)),
    validation: async () => undefined,
    test,
    checks: async () => ({ range: simulatedRange(await test(anchors)), verdicts: [], effects: [] }),
  };
}

/** sha256 of a file's bytes. */
async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}

interface SplitEvents {
  readonly training: SimulatedEvents;
  readonly validation: SimulatedEvents;
  readonly test: SimulatedEvents;
}

async function filesOfSamples(analysis: Analysis): Promise<Simulation> {
  const { configuration } = analysis;
  const samples: (SplitEvents & { readonly path: string; readonly anchor: Anchor; readonly digest: unknown })[] = [];
  const anchors = simulationAnchors(configuration);
  const timesAt = new Map<string, number>();
  const findings: SampleFindings[] = [];
  for (const name of processNames(configuration)) {
    const files: SampleFile[] = [];
    for (const sample of configuration.processes[name]!.samples) {
      const path = pathOf(analysis, sample.file);
      const anchor = anchors[samples.length]!;
      const weight = sample.weight ?? configuration.simulation.weight;
      const point = `${name}/${pointName(configuration, anchor.at)}`;
      const before = timesAt.get(point) ?? 0;
      timesAt.set(point, before + 1);
      const purpose = `simulation/${point}/${before}`;
      const whole = await readSample(configuration, path, weight);
      const split = splitEvents(configuration, path, whole, anchor, purpose);
      samples.push({ ...split, path, anchor, digest: [await digestOf(path), purpose, weight] });
      files.push({ file: path, events: eventsAt(anchor, whole) });
    }
    findings.push(checkSamples(analysis, files));
  }
  const of = (own: readonly Anchor[]) => samples.filter(({ anchor }) => own.some((one) => isSameAnchor(one, anchor)));
  const pick = (part: keyof SplitEvents, own: readonly Anchor[]) => of(own).map((sample) => sample[part]);
  const centres = shapeCentres(configuration);
  const nominal = anchors.filter(({ at }) => at.every((value, k) => value === centres[k]));
  const frame = frameOfSimulation(pick("training", nominal), configuration.likelihood.observables.includes("y"));
  return {
    anchors,
    frame,
    files: samples.map(({ path, training }) => [path, training] as const),
    digest: (own) =>
      JSON.stringify({
        digests: of(own).map(({ digest }) => digest),
        observables: configuration.observables,
        heldOut: configuration.simulation.heldOut,
        frame,
      }),
    isFresh: false,
    training: async (_purpose, anchors) => pick("training", anchors),
    validation: async (anchors) => pick("validation", anchors),
    test: async (anchors) => pick("test", anchors),
    checks: async () => ({
      range: simulatedRange(samples.flatMap(({ training, validation, test }) => [training, validation, test])),
      verdicts: findings.flatMap(({ verdicts }) => verdicts),
      effects: nuisanceEffects(findings.flatMap(({ differences }) => differences)),
    }),
  };
}

/** The columns of a file that simulation is made of. */
async function readSample(
  { observables }: Configuration,
  path: string,
  weight: string | undefined,
): Promise<EventSample> {
  const names = [
    ...observables.x.columns,
    ...(observables.y?.columns ?? []),
    ...(weight === undefined ? [] : [weight]),
  ];
  const table = await readEvents(path, [...new Set(names)]);
  const column = (of: readonly string[], features: number) => requireColumn(table, of, { features }).data;
  return {
    count: table.count,
    columns: {
      x: column(observables.x.columns, observables.x.features),
      ...(observables.y && { y: column(observables.y.columns, observables.y.features) }),
      ...(weight !== undefined && { weights: column([weight], 1) }),
    },
  };
}

const eventsAt = (anchor: Anchor, { count, columns: { x, y, weights } }: EventSample): SimulatedEvents => ({
  ...anchor,
  count,
  x: x!,
  ...(y && { y }),
  ...(weights && { weights }),
});

function splitEvents(
  { seed, simulation }: Configuration,
  path: string,
  sample: EventSample,
  anchor: Anchor,
  purpose: string,
): SplitEvents {
  if (Math.round(simulation.heldOut * sample.count) < 2) {
    throw new UsageError(path, {
      expected: "at least two events held out of training, for validation and for the closure tests",
      got: `simulation.heldOut = ${simulation.heldOut} of ${sample.count} events`,
      hint: "Raise it, or simulate more",
    });
  }
  const split = splitSample(sample, { seed, purpose, validation: simulation.heldOut });
  const heldOut = splitSample(split.validation, { seed, purpose: `${purpose}/test`, validation: 0.5 });
  const events = (part: EventSample) => eventsAt(anchor, part);
  return { training: events(split.training), validation: events(heldOut.validation), test: events(heldOut.training) };
}

/** The data of a generator, at the truth, distorted. */
export async function generateData(configuration: Configuration): Promise<EventData> {
  const { seed, data, truth } = configuration;
  const vector = nuisanceVector(configuration, truth);
  const names = nuisanceNames(configuration);
  const nu = nuisancesOfKind(configuration, "shape").map((name) => vector[names.indexOf(name)]!);
  const draw = { seed, purpose: "data", start: 0, count: data.events, distorted: true, classes: "both" as const };
  return { count: data.events, ...(await drawToy({ ...draw, nu: nu as unknown as ToyNuisances })) };
}
