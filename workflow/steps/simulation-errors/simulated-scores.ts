/** Scores of the simulated events that the densities of a fit are trained on, at its estimate, with what each sample counts there. */
import { referenceBackend } from "../../../engine/reference/backend.js";
import { Tape, type Var } from "../../../engine/tape/tape.js";
import { totalWeight } from "../../../flows/training/weighted-moments.js";
import { logAcceptance } from "../../../inference/model/acceptance.js";
import type { EventData } from "../../../inference/model/likelihood/likelihood.js";
import type { MixtureModel } from "../../../inference/model/mixture-model.js";
import { thinned } from "../../../inference/model/predictions/process-samples.js";
import { openDataMap } from "../../../inference/model/sampling/sampling.js";
import { joinedColumns, type SimulatedEvents } from "../../../inference/model/sampling/simulated-events.js";
import type {
  SampleGroup,
  SamplePoint,
  ScoredProcess,
} from "../../../inference/model/simulation-errors/fluctuation.js";
import { sampleCoefficients } from "../../../inference/model/simulation-errors/sample-coefficients.js";
import { areLinear } from "../../../inference/model/training/capacity.js";
import { anchorSetOf, anchorSets, morphStages } from "../../../inference/model/training/morph.js";
import { expectedYields } from "../../../inference/model/yields.js";
import { type AcceptanceRow, acceptanceModel, logsOf } from "../../acceptance.js";
import { nominalShapes, nuisancesOfKind, processNames, simulatedEvents } from "../../configuration/analysis.js";
import type { RunContext } from "../../context.js";
import type { OpenLikelihood } from "../../likelihood/bound-likelihood.js";
import { openFit } from "../../likelihood/open-fit.js";
import { scorePortions } from "../../likelihood/score-portions.js";

/** Events that are scored of all samples together, and of each at least: the error is then right to about 2%. */
const MOST_SCORED = 2 ** 15;
const LEAST_SCORED = 1000;

type Sample = Pick<SimulatedEvents, "process" | "at" | "count" | "x" | "y" | "weights">;

/** Samples of the same events, the nominal one first. */
interface EventGroup {
  readonly process: number;
  readonly samples: readonly Sample[];
  /** Events that a training has seen of each. */
  readonly total: number;
}

/** Groups of samples, each with the events that it has in common, as many as are scored. */
async function eventGroups(context: RunContext): Promise<EventGroup[]> {
  const { simulation, analysis } = context;
  const { anchors } = simulation;
  const each = Math.max(LEAST_SCORED, Math.ceil(MOST_SCORED / anchors.length));
  if (simulation.isFresh) {
    const drawn = simulatedEvents(analysis.configuration);
    const parts = Math.max(1, Math.floor(drawn / each / anchors.length));
    const events = await simulation.training("simulation error", anchors, 0, parts);
    const seen = eventsSeen(context);
    return events.map((own) => ({ process: own.process, samples: [own], total: seen(own.at) }));
  }
  const events = await simulation.training("", anchors, 0, 1);
  const groups = new Map<object, { samples: Sample[]; total: number; process: number }>();
  for (const own of [...events].sort((a, b) => Number(a.nominal !== undefined) - Number(b.nominal !== undefined))) {
    const { nominal, ...sample } = own;
    const found = nominal === undefined ? undefined : groups.get(nominal);
    if (found === undefined) groups.set(own, { samples: [sample], total: own.count, process: own.process });
    else found.samples.push(sample);
  }
  return [...groups.values()].map(({ samples, ...group }) => ({
    ...group,
    samples: samples.map((sample) => ({ ...sample, ...thinned(sample, each) })),
  }));
}

/** Of a generator: how many events the last training that looks at a point sees there, of each process. */
function eventsSeen({ simulation, analysis: { configuration } }: RunContext): (at: readonly number[]) => number {
  const { anchors } = simulation;
  const nominal = nominalShapes(configuration);
  const names = nuisancesOfKind(configuration, "shape");
  const shapes = names.map((name, k) => ({ name, nominal: nominal[k]! }));
  const pairs = configuration.morph.pairs as readonly (readonly [string, string])[];
  const stages = morphStages(anchorSets(anchors, shapes), pairs);
  const total = simulatedEvents(configuration);
  return (at) => {
    const own = anchorSetOf(at, shapes);
    const stage = stages.filter(({ sets }) => sets.some(({ name }) => name === own)).at(-1);
    const looked = new Set(stage?.sets.map(({ name }) => name) ?? [undefined]);
    return total / anchors.filter((anchor) => looked.has(anchorSetOf(anchor.at, shapes))).length;
  };
}

/** Step in log W by which the derivative of a yield is taken. */
const STEP = 1e-3;

/** d log N_f / d log W of the samples of a process at a point where a yield follows them. */
async function yieldShares(
  { analysis: { configuration } }: RunContext,
  { nuisances }: MixtureModel,
  nu: readonly number[],
  rows: readonly AcceptanceRow[],
): Promise<(process: number, at: readonly number[]) => number> {
  const processes = processNames(configuration);
  const shapes = nuisancesOfKind(configuration, "shape");
  const nominal = nominalShapes(configuration);
  const sides = rows.flatMap((row) => {
    const nuisance = shapes.indexOf(row.nuisance);
    return (["up", "down"] as const).flatMap((side) => {
      const value = row[side]?.value;
      return value === undefined ? [] : [{ row, side, nuisance, value, process: processes.indexOf(row.process) }];
    });
  });
  if (sides.length === 0) return () => 0;
  // One program for all: the yields of each side, as they are and with more events in its samples.
  const tape = new Tape();
  const outputs = new Map<string, Var>();
  for (const [i, { row, side, nuisance, value }] of sides.entries()) {
    const before = logsOf(row);
    const after = { ...before, [side]: before[side]! + STEP / Math.abs(value - nominal[nuisance]!) };
    const own = nu[nuisances.findIndex(({ name }) => name === row.nuisance)]!;
    const distance = tape.constant(own - nominal[nuisance]!);
    outputs.set(`${i} before`, logAcceptance(before, distance));
    outputs.set(`${i} after`, logAcceptance(after, distance));
  }
  const program = await referenceBackend().compile({ outputs: Object.fromEntries(outputs) });
  const logYields = await program.run();
  const shares = sides.map(({ process, nuisance, value }, i) => {
    const [before, after] = ["before", "after"].map((when) => logYields[`${i} ${when}`]![0]!);
    return { process, nuisance, value, share: (after! - before!) / STEP };
  });
  return (process, at) => {
    const off = at.flatMap((value, k) => (value === nominal[k] ? [] : [k]));
    const own = shares.filter((one) => one.process === process);
    if (off.length === 0) return -own.reduce((sum, { share }) => sum + share, 0);
    if (off.length > 1) return 0;
    return own.find(({ nuisance, value }) => nuisance === off[0] && value === at[nuisance])?.share ?? 0;
  };
}

/** The model with yields that follow its nuisances as other rows say. */
export function withAcceptance(
  model: MixtureModel,
  configuration: RunContext["analysis"]["configuration"],
  rows: readonly AcceptanceRow[],
): MixtureModel {
  return {
    ...model,
    nuisances: model.nuisances.map((nuisance) => {
      if (nuisance.kind !== "shape") return nuisance;
      const acceptance = acceptanceModel(configuration, nuisance.name, rows);
      return acceptance === undefined ? nuisance : { ...nuisance, acceptance };
    }),
  };
}

/** Points of a process, the nominal one first, with what they count at ν: nothing where a nuisance is moved whose effect is left out. */
function pointsOf(
  model: MixtureModel,
  groups: readonly EventGroup[],
  nu: readonly number[],
  leftOut: ReadonlySet<string>,
) {
  const { architecture } = model.x.morph ?? model.y?.morph ?? {};
  const nuisances = architecture?.nuisances ?? [];
  const nominal = nuisances.map((own) => own.nominal);
  const at = model.nuisances.flatMap(({ kind }, k) => (kind === "shape" ? [nu[k]!] : []));
  const morphs = [model.x.morph, model.y?.morph].flatMap((own) => (own ? [areLinear(own)] : []));
  const terms = {
    nominal,
    linearOnly: nuisances.map((_, k) => morphs.some((linear) => linear[k])),
    pairs: architecture?.pairs ?? [],
  };
  const all = new Map(groups.flatMap(({ samples }) => samples.map((own) => [own.at.join(), own.at] as const)));
  all.delete(nominal.join());
  const names = model.nuisances.flatMap(({ kind, name }) => (kind === "shape" ? [name] : []));
  const isLeftOut = (point: readonly number[]) =>
    point.some((value, k) => value !== nominal[k] && leftOut.has(names[k]!));
  const [points, others] = [false, true].map((isOut) =>
    [...all.values()].filter((own) => isLeftOut(own) === isOut),
  ) as [number[][], number[][]];
  const coefficients = sampleCoefficients(terms, points, at);
  const rest = 1 - coefficients.reduce((sum, own) => sum + own, 0);
  return { points: [nominal, ...points, ...others], coefficients: [rest, ...coefficients, ...others.map(() => 0)] };
}

/** Scores at ν of all events of an open likelihood [K, events]. */
export async function allScores(
  open: OpenLikelihood,
  nu: readonly number[],
  signal: AbortSignal,
): Promise<Float64Array> {
  const { count } = open.events.data;
  const all = new Float64Array(nu.length * count);
  for await (const { start, stop, scores } of scorePortions(open, nu, signal)) {
    const size = stop - start;
    for (let k = 0; k < nu.length; k++) all.set(scores.subarray(k * size, (k + 1) * size), k * count + start);
  }
  return all;
}

/** The same of a model with these events as data. */
export async function scoresOf(
  context: RunContext,
  model: MixtureModel,
  data: EventData,
  nu: readonly number[],
): Promise<Float64Array> {
  const open = await openFit(context, model, data);
  try {
    return await allScores(open, nu, context.signal);
  } finally {
    await open.close();
  }
}

/** The samples as events of the data: y where T takes it from simulation to data. */
async function asData(
  { backend }: RunContext,
  model: MixtureModel,
  nu: readonly number[],
  samples: readonly Sample[],
): Promise<EventData> {
  const count = samples.reduce((sum, own) => sum + own.count, 0);
  const x = joinedColumns(samples.map((own) => ({ count: own.count, column: own.x })));
  if (model.y === undefined) return { count, x };
  const map = model.transport === undefined ? undefined : await openDataMap(backend, model);
  try {
    const parts = [];
    for (const own of samples) {
      const column = map === undefined ? own.y! : await map.toData(model, own.process, nu, own.x, own.y!);
      parts.push({ count: own.count, column });
    }
    return { count, x, y: joinedColumns(parts) };
  } finally {
    await map?.close();
  }
}

/** What the samples say of the nuisances. */
export interface SimulationEffects {
  readonly acceptance: readonly AcceptanceRow[];
  /** Names of shape nuisances whose effect on the densities the model leaves out. */
  readonly leftOut: ReadonlySet<string>;
}

/**
 * @param model  what was fitted
 * @param nu     its estimate [K]
 */
export async function simulatedScores(
  context: RunContext,
  model: MixtureModel,
  nu: readonly number[],
  { acceptance, leftOut }: SimulationEffects,
): Promise<ScoredProcess[]> {
  const { configuration } = context.analysis;
  const groups = (await eventGroups(context)).sort((a, b) => a.process - b.process);
  const samples = groups.flatMap((group) => group.samples);
  const scores = await scoresOf(context, model, await asData(context, model, nu, samples), nu);
  const count = scores.length / nu.length;
  const shareOf = await yieldShares(context, model, nu, acceptance);
  const yields = await expectedYields(model, nu);
  const exposure = configuration.likelihood.extended
    ? 1
    : totalWeight(context.events.data) / yields.reduce((sum, own) => sum + own, 0);
  let offset = 0;
  const scoredOf = (group: EventGroup, points: readonly (readonly number[])[]): SampleGroup => ({
    count: group.samples[0]!.count,
    total: group.total,
    samples: group.samples.map((sample) => {
      const own = new Float64Array(nu.length * sample.count);
      for (let k = 0; k < nu.length; k++) {
        own.set(scores.subarray(k * count + offset, k * count + offset + sample.count), k * sample.count);
      }
      offset += sample.count;
      const point = points.findIndex((at) => at.join() === sample.at.join());
      return { point, scores: own, weights: sample.weights };
    }),
  });
  return processNames(configuration).map((_, f) => {
    const own = groups.filter(({ process }) => process === f);
    const { points, coefficients } = pointsOf(model, own, nu, leftOut);
    return {
      expected: exposure * yields[f]!,
      trained: context.simulation.isFresh ? 1 : 1 - configuration.simulation.heldOut,
      points: points.map((at, a): SamplePoint => ({ coefficient: coefficients[a]!, ofYield: shareOf(f, at) })),
      groups: own.map((group) => scoredOf(group, points)),
    };
  });
}
