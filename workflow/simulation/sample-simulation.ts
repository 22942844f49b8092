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
import { acceptanceOf } from "../acceptance.js";
import { type Analysis, nominalShapes, pathOf, processNames, simulationAnchors } from "../configuration/analysis.js";
import { type SampleSource, sampleSources } from "../configuration/samples.js";
import type { Configuration } from "../configuration/table.js";
import { UsageError } from "../errors.js";
import { cutFlowOf, selectionTexts } from "../events/cut-flow.js";
import { digestOf } from "../events/event-digest.js";
import { requireEdges, transformRequests } from "../events/feature-support.js";
import type { CutFlow, LeftOut } from "../events/loaded-events.js";
import { rowsOf } from "../events/selection.js";
import { pointName } from "./point-name.js";
import { yieldOf } from "./process-yields.js";
import { readSample, type SampleEvents, sampleName } from "./sample-file.js";
import { areSame, selectedSample } from "./sample-selection.js";
import type { Simulation } from "./simulation.js";
import { checkSamples, observed, type SampleFile, type SampleFindings } from "./simulation-checks.js";

export const isSameAnchor = (a: Anchor, b: Anchor) =>
  a.process === b.process && a.at.every((value, k) => value === b.at[k]);

interface SplitEvents {
  readonly training: SimulatedEvents;
  readonly validation: SimulatedEvents;
  readonly test: SimulatedEvents;
}

/** A sample, split. */
interface Sample extends SplitEvents {
  /** Its file, and what distinguishes it from others of the same file. */
  readonly path: string;
  readonly anchor: Anchor;
  /** Of the random numbers that split it. */
  readonly purpose: string;
  /** Rows of the file that conditions leave, and positions among these that values leave; absent where all are left. */
  readonly read: Int32Array | undefined;
  readonly rows: Int32Array | undefined;
  readonly digests: SampleDigests;
}

export async function sampleSimulation(analysis: Analysis): Promise<Simulation> {
  const { configuration } = analysis;
  const samples: Sample[] = [];
  const anchors = simulationAnchors(configuration);
  const timesAt = new Map<string, number>();
  const findings: SampleFindings[] = [];
  const extremes: (readonly [string, readonly Extreme[]])[] = [];
  const leftOut: LeftOut[] = [];
  const cutFlows: CutFlow[] = [];
  const texts: string[] = [];
  const kept: number[] = [];
  const yields: (number | undefined)[] = [];
  const nominalValues = nominalShapes(configuration);
  const isNominal = ({ at }: Anchor) => at.every((value, k) => value === nominalValues[k]);
  for (const name of processNames(configuration)) {
    const files: SampleFile[] = [];
    const nominalSums = { all: 0, left: 0 };
    const ofNominal = { all: 0, selected: 0 };
    const first = samples.length;
    const sources = sampleSources(configuration, name);
    /** Events of the nominal samples that others are variations of, as they are read. */
    const nominalEvents = new Map<number, SimulatedEvents>();
    for (const position of inReadingOrder(sources)) {
      const source = sources[position]!;
      const path = pathOf(analysis, source.file);
      const anchor = anchors[first + position]!;
      const point = `${name}/${pointName(configuration, anchor.at)}`;
      const read = await readSample(analysis, path, source);
      const twin = source.nominal === undefined ? undefined : pairOf(samples[first + source.nominal]!, read);
      const before = timesAt.get(point) ?? 0;
      if (twin === undefined) timesAt.set(point, before + 1);
      // Events of a pair fall into the same part.
      const purpose = twin?.purpose ?? `simulation/${point}/${before}`;
      const label = sampleName(path, source);
      const selected = selectedSample(analysis, label, read.sample, twin);
      const { sample: whole } = selected;
      const left = [...read.leftOut, ...selected.leftOut];
      if (twin === undefined) {
        const { count, columns } = whole;
        const flow = [label, { count, weights: columns.weights }, left] as const;
        leftOut.push(...left);
        cutFlows.push(cutFlowOf(...flow));
        texts.push(...selectionTexts(...flow));
      }
      if (isNominal(anchor)) {
        nominalSums.all += selected.sums.all;
        nominalSums.left += selected.sums.left;
        ofNominal.all += read.sums.all;
        ofNominal.selected += read.sums.selected;
      }
      const split = pairedWith(twin, splitEvents(configuration, label, whole, anchor, purpose));
      const digests = digestsOf(whole, purpose, twin);
      samples[first + position] = {
        ...split,
        path: label,
        anchor,
        purpose,
        read: read.rows,
        rows: selected.rows,
        digests,
      };
      const alone = observed(analysis, eventsAt(anchor, whole));
      const nominal = twin && nominalEvents.get(source.nominal!)!;
      const rows = rowsOf(read.rows, selected.rows);
      const events = nominal === undefined ? alone : { ...alone, nominal };
      nominalEvents.set(position, alone);
      files[position] = { file: label, source, events, rows };
      extremes.push([label, extremesOf(events)]);
    }
    yields.push(yieldOf(analysis, name, ofNominal));
    kept.push(nominalSums.left === nominalSums.all ? 1 : nominalSums.left / nominalSums.all);
    findings.push(checkSamples(analysis, files));
  }
  const of = (own: readonly Anchor[]) => samples.filter(({ anchor }) => own.some((one) => isSameAnchor(one, anchor)));
  const pick = (part: keyof SplitEvents, own: readonly Anchor[]) => of(own).map((sample) => sample[part]);
  const nominal = anchors.filter(isNominal);
  requireEdges(analysis, extremes);
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
    leftOut,
    cutFlows,
    selectionTexts: texts,
    yields,
    kept,
    training: async (_purpose, anchors) => pick("training", anchors),
    validation: async (anchors) => pick("validation", anchors),
    test: async (anchors) => pick("test", anchors),
    acceptance: acceptanceOf(
      analysis,
      findings.flatMap(({ ratios }) => ratios),
      yields,
    ),
    checks: async () => ({
      range: simulatedRange(samples.flatMap(({ training, validation, test }) => [training, validation, test])),
      verdicts: findings.flatMap(({ verdicts }) => verdicts),
      effects: nuisanceEffects(findings.flatMap(({ differences }) => differences)),
    }),
  };
}

/** The nominal sample of a variation of the same events: where its conditions leave others of them, these are events of its own. */
const pairOf = (nominal: Sample, { rows }: Pick<SampleEvents, "rows">): Sample | undefined =>
  areSame(nominal.read, rows) ? nominal : undefined;

/** Positions of the samples of a process, variations of others behind these. */
function inReadingOrder(sources: readonly SampleSource[]): number[] {
  const positions = [...sources.keys()];
  return [
    ...positions.filter((i) => sources[i]!.nominal === undefined),
    ...positions.filter((i) => sources[i]!.nominal !== undefined),
  ];
}

/** Of the events that a density is trained on: their numbers, how they are split, and the digest of those they are variations of. */
type SampleDigests = Readonly<Record<ObservableName, readonly [digest: string, purpose: string, nominal?: string]>>;

/** The density of y is conditional on x. */
function digestsOf(
  { columns: { x, y, weights } }: EventSample,
  purpose: string,
  nominal: Sample | undefined,
): SampleDigests {
  const weighted = weights && { weights };
  const own = (of: ObservableName, digest: string) =>
    nominal === undefined ? ([digest, purpose] as const) : ([digest, purpose, nominal.digests[of][0]] as const);
  return {
    x: own("x", digestOf({ x: x!, ...weighted })),
    y: own("y", digestOf({ x: x!, ...(y && { y }), ...weighted })),
  };
}

/** Each part with the same events as they are at the nominal values. */
function pairedWith(nominal: SplitEvents | undefined, { training, validation, test }: SplitEvents): SplitEvents {
  if (nominal === undefined) return { training, validation, test };
  return {
    training: { ...training, nominal: nominal.training },
    validation: { ...validation, nominal: nominal.validation },
    test: { ...test, nominal: nominal.test },
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
      expected: "at least two events held out of training, for validation and for checks after the fit",
      got: `simulation.heldOut = ${simulation.heldOut} of ${sample.count} events`,
      hint: "Raise it, or simulate more",
    });
  }
  const split = splitSample(sample, { seed, purpose, validation: simulation.heldOut });
  const heldOut = splitSample(split.validation, { seed, purpose: `${purpose}/test`, validation: 0.5 });
  const events = (part: EventSample) => eventsAt(anchor, part);
  return { training: events(split.training), validation: events(heldOut.validation), test: events(heldOut.training) };
}
