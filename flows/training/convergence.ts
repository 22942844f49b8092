/**
 * Whether a training converged: what it would gain if it went on.
 *
 * The parameters are moved on along the path that they took in the second half of the steps. The losses of the same events with and
 * without that move are compared event by event. Their difference shows a loss that still falls far below the noise of a loss curve,
 * on which a training with a learning rate that is too low looks flat.
 */

import type { Named } from "../../engine/runtime/backend.js";
import { differenceOf, type GroupedLoss, type PairedDifference } from "./grouped-loss.js";

/** What a training says of itself. Changes and gains are in units of the loss, nats per event where it is one of a density. */
export interface Convergence {
  /**
   * - `converged`: going on would gain nothing beyond chance, or little of what the second half of the steps gained
   * - `still falling`: it would gain more than 3 standard errors and more than 20% of that
   * - `diverged`: the loss has risen by more than 3 standard errors since the second quarter of the steps, or is not finite
   * - `undecided`: too few steps or events to say
   */
  readonly status: "converged" | "still falling" | "diverged" | "undecided";
  /** One sentence without its full stop. */
  readonly reason: string;
  /** The loss at the end less that in the second quarter of the steps; null where nothing was compared. */
  readonly change: number | null;
  /** What further training would bring, an estimate from below; of a diverged training, what it lost; null where it is unknown. */
  readonly gain: number | null;
  /** Standard error of the gain; null with it. */
  readonly gainError: number | null;
}

/** Fewer steps move parameters by no more than so many learning rates. */
export const LEAST_STEPS = 100;

/** Fewer events have an error of their differences that is not known. */
export const LEAST_EVENTS = 16;

export const STANDARD_ERRORS = 3;

/** Part of the gain of the second half that further training may bring. */
const SMALL_PART = 0.2;

/** How far the path is continued, in units of its length: as long as the loss falls, and less far where it does not fall at first. */
const FACTORS = [1 / 4, 1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576];
const LEAST_FACTOR = 1 / 16;

export const undecided = (reason: string): Convergence => ({
  status: "undecided",
  reason,
  change: null,
  gain: null,
  gainError: null,
});

export const diverged = (reason: string): Convergence => ({ ...undecided(reason), status: "diverged" });

/** A path of parameters, from `start` to `end`. */
export interface ParameterPath {
  readonly start: Named<Float64Array>;
  readonly end: Named<Float64Array>;
  /** Names of parameters that share an optimiser: what has come to its end in a small group may hide that the largest has not. */
  readonly groups: readonly (readonly string[])[];
}

/** The end of the path, and `factor` of its length further for the parameters `names`. */
function continued({ start, end }: ParameterPath, names: ReadonlySet<string>, factor: number) {
  const entries = Object.entries(end).map(([name, values]) => {
    const from = start[name]!;
    return [name, names.has(name) ? values.map((value, i) => value + factor * (value - from[i]!)) : values];
  });
  return Object.fromEntries(entries) as Named<Float64Array>;
}

/** The group of most numbers: what takes longest to train. */
function largestGroup({ end, groups }: ParameterPath): readonly string[] {
  const sizeOf = (names: readonly string[]) => names.reduce((sum, name) => sum + end[name]!.length, 0);
  return groups.reduce((a, b) => (sizeOf(b) > sizeOf(a) ? b : a));
}

const areFinite = (parts: readonly number[]) => parts.every(Number.isFinite);

const NOTHING: PairedDifference = { difference: 0, error: 0 };

/** The best continuation of one set of parameters: its loss less that of the end. */
async function bestContinuation(
  loss: GroupedLoss,
  path: ParameterPath,
  names: ReadonlySet<string>,
  atEnd: readonly number[],
): Promise<PairedDifference> {
  const differenceAt = async (factor: number) => {
    const parts = await loss(continued(path, names, factor));
    return areFinite(parts) ? differenceOf(parts, atEnd) : { difference: Number.POSITIVE_INFINITY, error: undefined };
  };
  let best = NOTHING;
  for (const factor of FACTORS) {
    const found = await differenceAt(factor);
    if (!(found.difference < best.difference)) break;
    best = found;
  }
  if (best !== NOTHING) return best;
  const found = await differenceAt(LEAST_FACTOR);
  return found.difference < 0 ? found : NOTHING;
}

/** "1.2e-5" */
const short = (value: number) => (value === 0 ? "0" : value.toPrecision(2));
const measured = (value: number, error: number | undefined) => `${short(value)} ± ${short(error ?? 0)}`;

/**
 * @param loss  of events that stand for all: held out of training, where training can learn them by heart
 * @param path  from the second quarter of the steps to the parameters that are kept
 */
export async function convergenceAlong(loss: GroupedLoss, path: ParameterPath): Promise<Convergence> {
  const atEnd = await loss(path.end);
  if (!areFinite(atEnd)) return diverged("the loss at the end is not finite");
  const change = differenceOf(atEnd, await loss(path.start));
  const all = path.groups.flat();
  const sets = path.groups.length > 1 ? [all, largestGroup(path)] : [all];
  let best = NOTHING;
  for (const names of sets) {
    const found = await bestContinuation(loss, path, new Set(names), atEnd);
    if (found.difference < best.difference) best = found;
  }
  return convergenceOf(change, { difference: -best.difference, error: best.error });
}

/**
 * @param change  of the loss along the path
 * @param gain    of the best continuation
 */
export function convergenceOf(change: PairedDifference, gain: PairedDifference): Convergence {
  const numbers = { change: Number.isFinite(change.difference) ? change.difference : null };
  if (change.difference > STANDARD_ERRORS * (change.error ?? Number.POSITIVE_INFINITY)) {
    const reason = `the loss at the end is ${measured(change.difference, change.error)} above that in the second quarter of the steps`;
    const isMore = gain.difference > change.difference;
    const [found, gainError] = isMore ? [gain.difference, gain.error] : [change.difference, change.error];
    return { status: "diverged", reason, ...numbers, gain: found, gainError: gainError ?? null };
  }
  const ofGain = { ...numbers, gain: gain.difference, gainError: gain.error ?? null };
  const further = `further training would lower the loss by ${measured(gain.difference, gain.error)}`;
  const isSure = gain.difference > STANDARD_ERRORS * (gain.error ?? Number.POSITIVE_INFINITY);
  // A start of infinite loss says nothing of what was gained since.
  const gained = numbers.change === null ? 0 : -numbers.change;
  const isLarge = gain.difference > SMALL_PART * gained;
  if (isSure && isLarge) {
    const after = numbers.change === null ? "" : `, after ${short(gained)}`;
    const reason = `the loss is still falling: ${further} or more${after} since the second quarter of the steps`;
    return { status: "still falling", reason, ...ofGain };
  }
  const why = gain.difference === 0 ? "further training would not lower the loss" : further;
  return { status: "converged", reason: isSure ? `${why}, a small part of what it did` : why, ...ofGain };
}
