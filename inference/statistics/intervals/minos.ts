/** Asymmetric errors from the profile likelihood, as MINOS finds them. */
import { UsageError } from "../../../engine/errors.js";
import {
  aFunction,
  aList,
  aNumber,
  anObject,
  aSignal,
  checkOptions,
  type Options,
  optional,
} from "../../../engine/options.js";
import { DEEPER_THAN_DIPS, type FitResult, isMinimum } from "../fit/fit-result.js";
import { checkObjective, indexOfName, type NamedVector, namedVector, type Objective } from "../objective.js";
import {
  type LikelihoodProfile,
  likelihoodProfile,
  type NoProfilePoint,
  type ProfilePoint,
} from "./likelihood-profile.js";

export interface MinosOptions {
  /** which nuisances; all of them where not given */
  readonly names?: readonly string[];
  /** rise of -2ΔlnL at the ends of the interval: 1, 4, 9 for 1, 2, 3 standard deviations; 1 where not given */
  readonly level?: number;
  /** as of the fit, its validity range included: no end is looked for beyond them */
  readonly bounds?: Readonly<Record<string, readonly [number, number]>>;
  /** called when a nuisance is done */
  readonly onNuisance?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * - `at-bound`: -2ΔlnL is still below the level at the bound
 * - `new-minimum`: the profile falls below the fit, which then was not the minimum
 * - `jump`: the profile steps over the level, or ceases to be finite, without passing through it
 * - `no-profile`: a fit of the other nuisances failed
 * - `point-limit`: the profile has not reached the level within the points allowed
 */
export type MinosStatus = "found" | "at-bound" | "new-minimum" | "jump" | "no-profile" | "point-limit" | "aborted";

/** One end of an interval. */
export interface MinosEnd {
  readonly status: MinosStatus;
  /** the verdict in a sentence */
  readonly reason: string;
  /** all nuisances where the search ended: the end if found, the lower point of a new minimum, else the furthest below the level */
  readonly nuisances: NamedVector;
  /** -2ΔlnL there */
  readonly deltaTwoNll: number;
}

/** Named and signed as iminuit's `MError`: the interval is [estimate + lower, estimate + upper], `lower` negative. */
export interface MinosError {
  readonly name: string;
  /** of the fit */
  readonly estimate: number;
  readonly level: number;
  /** undefined unless `lowerEnd` was found */
  readonly lower: number | undefined;
  /** undefined unless `upperEnd` was found */
  readonly upper: number | undefined;
  readonly lowerEnd: MinosEnd;
  readonly upperEnd: MinosEnd;
  /** of the objective, both sides together */
  readonly evaluations: number;
}

const minosOptions: Options<MinosOptions> = {
  names: optional(aList),
  level: optional(aNumber),
  bounds: optional(anObject),
  onNuisance: optional(aFunction),
  signal: optional(aSignal),
};

/**
 * For each nuisance the two points where its profile -2ΔlnL, all others minimised, reaches the level: MINOS, F. James and
 * M. Roos, Comput. Phys. Commun. 10 (1975) 343. Where the profile crosses the level several times on one side this finds
 * one of the crossings, not always the first; a scan shows them all.
 *
 * @param fit  the minimum of `objective`
 */
export async function minos(
  objective: Objective,
  fit: FitResult,
  options: MinosOptions = {},
): Promise<readonly MinosError[]> {
  checkOptions("minos", options, minosOptions);
  checkObjective("minos", objective);
  const { names = objective.names, level = 1, onNuisance } = options;
  requireMinimum(objective, fit);
  if (!(level > 0 && Number.isFinite(level))) {
    throw new UsageError("minos level", { expected: "a positive -2ΔlnL", got: `${level}` });
  }
  const indices = names.map((name) => indexOfName("minos", objective.names, name));
  const errors: MinosError[] = [];
  for (const index of indices) {
    const profile = likelihoodProfile(objective, fit, index, options);
    const lowerEnd = endOf(objective.names, index, await search(profile, level, -1));
    const upperEnd = endOf(objective.names, index, await search(profile, level, 1));
    const estimate = profile.origin.value;
    const offset = ({ status, nuisances }: MinosEnd) =>
      status === "found" ? nuisances.values[index]! - estimate : undefined;
    errors.push(
      Object.freeze({
        name: objective.names[index]!,
        estimate,
        level,
        lower: offset(lowerEnd),
        upper: offset(upperEnd),
        lowerEnd,
        upperEnd,
        evaluations: profile.evaluations(),
      }),
    );
    onNuisance?.(errors.length, indices.length);
  }
  return Object.freeze(errors);
}

function requireMinimum({ names }: Objective, fit: FitResult): void {
  // Of two minima a fit gives the lower one.
  if (!isMinimum(fit) && fit.status !== "second-minimum") {
    throw new UsageError("minos fit", { expected: "a fit that found a minimum", got: `${fit.status}: ${fit.reason}` });
  }
  if (fit.estimate.names.join(", ") !== names.join(", ")) {
    throw new UsageError("minos fit", {
      expected: `a fit of ${names.join(", ")}`,
      got: `one of ${fit.estimate.names.join(", ")}`,
    });
  }
}

interface Ending {
  readonly status: MinosStatus;
  readonly reason: string;
  readonly point: ProfilePoint;
}

function endOf(names: readonly string[], index: number, { status, reason, point }: Ending): MinosEnd {
  return Object.freeze({
    status,
    reason: `${names[index]}: ${reason}`,
    nuisances: namedVector(names, point.nuisances),
    deltaTwoNll: point.deltaTwoNll,
  });
}

/** |-2ΔlnL - level| / level at which an end counts as found: within 5e-5 σ for a parabola. */
const TOLERANCE = 1e-4;

/** Width of a bracket that is worth no further point, in units of the first step (about one σ for level 1). */
const LEAST_WIDTH = 1e-4;

/** As TOLERANCE, once the bracket has shrunk to LEAST_WIDTH: rounding and knots of splines pass, jumps do not. */
const COARSE_TOLERANCE = 0.02;

/** Points of the profile on one side. A parabola takes one; every third one halves a bracket, 14 halvings end the search. */
const MAX_POINTS = 60;

/** Factor by which a step outwards may multiply the distance from the estimate: a longer one may miss a lower minimum on the way. */
const MAX_GROWTH = 1.5;

/** The points between which the level is crossed: `outside` has a value only where the NLL is not finite there. */
interface Bracket {
  readonly inside: ProfilePoint;
  readonly outside: { readonly value: number; readonly point: ProfilePoint | undefined } | undefined;
}

/**
 * The end on one side, +1 or -1. Newton's method on √(-2ΔlnL), linear for a parabola, from where the curvature at
 * the fit puts the end; kept within the bracket of the points seen below and above the level.
 */
async function search(profile: LikelihoodProfile, level: number, side: number): Promise<Ending> {
  const { origin } = profile;
  const limit = profile.bounds[side < 0 ? 0 : 1];
  if (origin.value === limit) return { status: "at-bound", reason: `The fit is at the bound ${limit}.`, point: origin };
  const firstStep = stepToLevel(origin, level, side);
  let next = origin.value + side * firstStep;
  let bracket: Bracket = { inside: origin, outside: undefined };
  for (let points = 1; points <= MAX_POINTS; points++) {
    const value = side * next < side * limit ? next : limit;
    const point = await profile.at(value, bracket.inside);
    const ending = verdict(point, { value, limit, level, inside: bracket.inside });
    if (ending) return ending;
    bracket = narrowed(bracket, value, point, level);
    const { inside, outside } = bracket;
    if (outside && Math.abs(outside.value - inside.value) < LEAST_WIDTH * firstStep) return closed(bracket, level);
    const last = point.status === "minimum" ? point : inside;
    next = nextValue(bracket, newtonValue(last, level, side), points % 3 === 0, origin, side);
  }
  const { inside } = bracket;
  const reason = `-2ΔlnL is ${inside.deltaTwoNll.toPrecision(3)} at ${inside.value} after ${MAX_POINTS} points, below ${level}.`;
  return { status: "point-limit", reason, point: inside };
}

/** Root s of slope s + ½ curvature s² = level, in a form that holds where either is zero: a fit at a bound has a slope. */
function stepToLevel({ slope, curvature }: ProfilePoint, level: number, side: number): number {
  const half = (side * slope) / 2;
  return level / (half + Math.sqrt(half * half + (level * Math.abs(curvature)) / 2));
}

interface Place {
  readonly value: number;
  readonly limit: number;
  readonly level: number;
  readonly inside: ProfilePoint;
}

/** Is this point the last of the search? */
function verdict(point: ProfilePoint | NoProfilePoint, { value, limit, level, inside }: Place): Ending | undefined {
  if (point.status === "non-finite") return undefined;
  if (point.status !== "minimum") {
    return { status: point.status, reason: `The profile at ${value} is missing. ${point.reason}`, point: inside };
  }
  const { deltaTwoNll } = point;
  const height = `-2ΔlnL is ${deltaTwoNll.toPrecision(3)} at`;
  if (deltaTwoNll < -DEEPER_THAN_DIPS) {
    return { status: "new-minimum", reason: `${height} ${value}, below the fit: fit again from there.`, point };
  }
  if (Math.abs(deltaTwoNll - level) <= TOLERANCE * level) return foundAt(point);
  if (value === limit && deltaTwoNll < level) {
    return { status: "at-bound", reason: `${height} the bound ${limit}, below ${level}.`, point };
  }
  return undefined;
}

function foundAt(point: ProfilePoint): Ending {
  return { status: "found", reason: `-2ΔlnL is ${point.deltaTwoNll.toPrecision(5)} at ${point.value}.`, point };
}

function narrowed(bracket: Bracket, value: number, point: ProfilePoint | NoProfilePoint, level: number): Bracket {
  if (point.status !== "minimum") return { ...bracket, outside: { value, point: undefined } };
  return point.deltaTwoNll < level ? { ...bracket, inside: point } : { ...bracket, outside: { value, point } };
}

/** Where √(-2ΔlnL), followed along its slope, reaches the level; undefined where it does not rise outwards. */
function newtonValue({ value, deltaTwoNll, slope }: ProfilePoint, level: number, side: number): number | undefined {
  if (!(deltaTwoNll > 0 && side * slope > 0)) return undefined;
  const height = Math.sqrt(deltaTwoNll);
  return value + ((Math.sqrt(level) - height) * 2 * height) / slope;
}

function nextValue(
  { inside, outside }: Bracket,
  newton: number | undefined,
  isTimeToHalve: boolean,
  origin: ProfilePoint,
  side: number,
): number {
  if (outside === undefined) {
    const furthest = origin.value + MAX_GROWTH * (inside.value - origin.value);
    return newton === undefined || side * newton > side * furthest ? furthest : newton;
  }
  const isWithin = newton !== undefined && (newton - inside.value) * (newton - outside.value) < 0;
  return isWithin && !isTimeToHalve ? newton : (inside.value + outside.value) / 2;
}

/** The verdict on a bracket of no width. */
function closed({ inside, outside }: Bracket, level: number): Ending {
  const miss = ({ deltaTwoNll }: ProfilePoint) => Math.abs(deltaTwoNll - level);
  const beyond = outside!.point;
  const nearest = beyond && miss(beyond) < miss(inside) ? beyond : inside;
  if (miss(nearest) <= COARSE_TOLERANCE * level) return foundAt(nearest);
  const above = beyond ? `jumps to ${beyond.deltaTwoNll.toPrecision(3)}` : "is not finite beyond";
  return {
    status: "jump",
    reason: `-2ΔlnL is ${inside.deltaTwoNll.toPrecision(3)} at ${inside.value} and ${above}, past ${level}.`,
    point: inside,
  };
}
