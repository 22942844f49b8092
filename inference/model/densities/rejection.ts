/** Events of densities by proposals, of which some are drawn again. */
import { UsageError } from "../../../engine/errors.js";
import type { Var } from "../../../engine/tape/tape.js";
import type { Environment } from "../language/environment.js";
import { isInside, type Region } from "../language/region.js";
import type { Draws } from "./contract.js";

/** Rounds after which the rest is given up: a region of 1% of the probability is left with 1 in 20 000 events. */
const MOST_ROUNDS = 1000;

type Drawn = Readonly<Record<string, Float64Array>>;

/**
 * Events of `propose` that lie in the region.
 *
 * @param propose  events for some of those that are wanted, in their order
 */
export async function withinRegion(
  draws: Draws,
  where: string,
  region: Region,
  propose: (own: Draws) => Promise<Drawn>,
): Promise<Drawn> {
  let missing = firstNumbers(draws.count);
  let all: Record<string, Float64Array> | undefined;
  for (let round = 0; missing.length > 0; round++) {
    if (round === MOST_ROUNDS) {
      throw new UsageError(where, {
        expected: "a region that events are drawn in",
        got: `${missing.length} of ${draws.count} events outside of it after ${MOST_ROUNDS} attempts`,
        hint: "Look at the parameters: does the density lie where its column can be?",
      });
    }
    const proposed = await propose(draws.part(missing));
    all ??= Object.fromEntries(Object.keys(proposed).map((name) => [name, new Float64Array(draws.count)]));
    for (const [name, values] of Object.entries(proposed)) {
      const own = all[name]!;
      for (let k = 0; k < missing.length; k++) own[missing[k]!] = values[k]!;
    }
    missing = missing.filter(isOutside(region, proposed, missing.length));
  }
  return all ?? {};
}

/** 0, 1, … count - 1. */
function firstNumbers(count: number): Int32Array {
  const numbers = new Int32Array(count);
  for (let i = 0; i < count; i++) numbers[i] = i;
  return numbers;
}

/** Whether the k-th of the events is not in the region. */
function isOutside(region: Region, events: Drawn, count: number): (_: number, k: number) => boolean {
  const outside = new Uint8Array(count);
  for (const [column, intervals] of Object.entries(region)) {
    const values = events[column]!;
    for (let k = 0; k < count; k++) if (!isInside(intervals, values[k]!)) outside[k] = 1;
  }
  return (_, k) => outside[k] === 1;
}

/** The same of one column and its domain. @param propose  NaN for what is to be drawn again */
export function withinDomain(
  draws: Draws,
  column: string,
  propose: (own: Draws) => Promise<Float64Array>,
): Promise<Drawn> {
  const domain = draws.domain(column);
  return withinRegion(draws, `draws of ${column}`, { [column]: [domain] }, async (own) => ({
    [column]: await propose(own),
  }));
}

/** Positions at which the largest value of an event is looked for, and how far beyond what is found there it may lie. */
const POSITIONS = 256;
const MARGIN = 1.5;

type ValueAt = (at: Environment) => Var;

/** A number that the density does not exceed, of every event [count]. */
async function bounds(draws: Draws, column: string, valueAt: ValueAt): Promise<Float64Array> {
  const [low, high] = draws.domain(column);
  const largest = new Float64Array(draws.count);
  for (let i = 0; i < POSITIONS; i++) {
    const position = new Float64Array(draws.count).fill(low + ((high - low) * (i + 0.5)) / POSITIONS);
    const { value } = await draws.computed((at) => ({ value: valueAt(at) }), { [column]: position });
    for (const [k, own] of value!.entries()) largest[k] = Math.max(largest[k]!, own);
  }
  return largest.map((value) => MARGIN * value);
}

/**
 * Events under a curve over a domain with two ends, by uniform proposals below its largest value.
 *
 * @param name     of the density, for messages
 * @param valueAt  in proportion to the density
 */
export async function underLargest(draws: Draws, name: string, column: string, valueAt: ValueAt): Promise<Drawn> {
  const [low, high] = draws.domain(column);
  const bound = await bounds(draws, column, valueAt);
  const isNone = bound.findIndex((own) => !(own > 0));
  if (isNone >= 0) {
    const got = `none of ${POSITIONS} values above 0`;
    throw new UsageError(`draws of ${name}`, { expected: `a density above 0 in the domain of ${column}`, got });
  }
  const found = new Float64Array(draws.count);
  let missing = Int32Array.from(found.keys());
  while (missing.length > 0) {
    const own = draws.part(missing);
    const position = own.uniforms().map((u) => low + u * (high - low));
    const { value } = await own.computed((at) => ({ value: valueAt(at) }), { [column]: position });
    const beyond = missing.findIndex((i, k) => !(value![k]! <= bound[i]!));
    if (beyond >= 0) {
      throw new UsageError(`draws of ${name}`, {
        expected: `no peak of ${column} narrower than a ${POSITIONS}th of its domain`,
        got: `${value![beyond]} at ${position[beyond]}, where ${bound[missing[beyond]!]! / MARGIN} was the largest value found`,
      });
    }
    const height = own.uniforms();
    const stands = (i: number, k: number) => height[k]! * bound[i]! < value![k]!;
    for (const [k, i] of missing.entries()) if (stands(i, k)) found[i] = position[k]!;
    missing = missing.filter((i, k) => !stands(i, k));
  }
  return { [column]: found };
}
