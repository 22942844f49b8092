/** Simulation from the user's files: every sample in three parts, for training, validation and tests. */
import { type EventSample, splitSample } from "../../flows/training/event-sample.js";
import { nuisanceEffects } from "../../inference/data-checks/variations.js";
import { isIdentityFrame } from "../../inference/model/feature-frame.js";
import { type Extreme, extremesOf } from "../../inference/model/resolution.js";
import {
  frameOfSimulation,
  type ObservableName,
  type SimulatedEvents,
} from "../../inference/model/sampling/simulated-events.js";
import { simulatedRange } from "../../inference/model/simulated-range.js";
import type { Anchor } from "../../inference/model/training/morph.js";
import { readEvents, requireColumn } from "../../io/index.js";
import { acceptanceOf } from "../acceptance.js";
import { type Analysis, nominalShapes, pathOf, processNames, simulationAnchors } from "../configuration/analysis.js";
import type { Configuration } from "../configuration/table.js";
import { UsageError } from "../errors.js";
import { digestOf } from "../events/event-digest.js";
import { requireSupport, transformRequests } from "../events/feature-support.js";
import { pointName } from "./point-name.js";
import type { Simulation } from "./simulation.js";
import { checkSamples, observed, type SampleFile, type SampleFindings } from "./simulation-checks.js";

const isSameAnchor = (a: Anchor, b: Anchor) => a.process === b.process && a.at.every((value, k) => value === b.at[k]);

interface SplitEvents {
  readonly training: SimulatedEvents;
  readonly validation: SimulatedEvents;
  readonly test: SimulatedEvents;
}

export async function sampleSimulation(analysis: Analysis): Promise<Simulation> {
  const { configuration } = analysis;
  const samples: (SplitEvents & { readonly path: string; readonly anchor: Anchor; readonly digests: SampleDigests })[] =
    [];
  const anchors = simulationAnchors(configuration);
  const timesAt = new Map<string, number>();
  const findings: SampleFindings[] = [];
  const extremes: (readonly [string, readonly Extreme[]])[] = [];
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
      samples.push({ ...split, path, anchor, digests: digestsOf(whole, purpose) });
      const events = observed(analysis, eventsAt(anchor, whole));
      files.push({ file: path, events });
      extremes.push([path, extremesOf(events)]);
    }
    findings.push(checkSamples(analysis, files));
  }
  const of = (own: readonly Anchor[]) => samples.filter(({ anchor }) => own.some((one) => isSameAnchor(one, anchor)));
  const pick = (part: keyof SplitEvents, own: readonly Anchor[]) => of(own).map((sample) => sample[part]);
  const nominalValues = nominalShapes(configuration);
  const nominal = anchors.filter(({ at }) => at.every((value, k) => value === nominalValues[k]));
  requireSupport(analysis, extremes);
  const frame = frameOfSimulation(
    pick("training", nominal),
    configuration.likelihood.observables.includes("y"),
    transformRequests(
      analysis,
      extremes.flatMap(([, own]) => own),
    ),
  );
  return {
    anchors,
    frame,
    files: samples.map(({ path, training }) => [path, training] as const),
    extremes,
    digest: (own, observable) =>
      JSON.stringify({
        digests: of(own).map(({ digests }) => digests[observable]),
        heldOut: configuration.simulation.heldOut,
        // One that changes nothing is there where the other observable has one.
        frame: [frame?.x, observable === "x" ? undefined : frame?.y].filter((own) => own && !isIdentityFrame(own)),
      }),
    isFresh: false,
    training: async (_purpose, anchors) => pick("training", anchors),
    validation: async (anchors) => pick("validation", anchors),
    test: async (anchors) => pick("test", anchors),
    acceptance: acceptanceOf(
      analysis,
      findings.flatMap(({ ratios }) => ratios),
    ),
    checks: async () => ({
      range: simulatedRange(samples.flatMap(({ training, validation, test }) => [training, validation, test])),
      verdicts: findings.flatMap(({ verdicts }) => verdicts),
      effects: nuisanceEffects(findings.flatMap(({ differences }) => differences)),
    }),
  };
}

/** Of the events that a density is trained on: their numbers, and how they are split. */
type SampleDigests = Readonly<Record<ObservableName, readonly [digest: string, purpose: string]>>;

/** The density of y is conditional on x. */
function digestsOf({ columns: { x, y, weights } }: EventSample, purpose: string): SampleDigests {
  const weighted = weights && { weights };
  return {
    x: [digestOf({ x: x!, ...weighted }), purpose],
    y: [digestOf({ x: x!, ...(y && { y }), ...weighted }), purpose],
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
