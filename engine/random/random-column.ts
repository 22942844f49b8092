/** Columns of random numbers that are named, not stored: they are made where a program runs, on a GPU by the GPU. */
import { checkInteger, checkKey, fillNormal, fillPoissonOne, fillUniform, type RandomKey } from "./random.js";

const fills = { uniform: fillUniform, normal: fillNormal, poissonOne: fillPoissonOne } as const;

export type Distribution = keyof typeof fills;

/**
 * Stands for the Float32Array of so many numbers: its element i is number `start` + i of the stream. Numbers are f32 on
 * every backend, so that a key names the same data everywhere (on `webgpu`, normals to 1e-6 relative).
 */
export class RandomColumn {
  constructor(
    readonly distribution: Distribution,
    readonly key: RandomKey,
    readonly length: number,
    readonly start: number,
  ) {
    const where = `${distribution}Column`;
    checkKey(where, key);
    checkInteger(where, "length", length, 2 ** 32);
    checkInteger(where, "start", start, 2 ** 53 - length);
  }

  /** out[i] = element first + i. */
  fill(first: number, out: Float32Array): void {
    fills[this.distribution](this.key, this.start + first, out);
  }
}

/**
 * Uniforms in (0, 1), as `fillUniform` gives them, to be bound to a column [...shape, events].
 *
 * @param length  size of the shape times events: element [row, event] is number start + row * events + event of the stream
 * @param start   where in the stream the column begins
 */
export const uniformColumn = (key: RandomKey, length: number, start = 0) =>
  new RandomColumn("uniform", key, length, start);

/** Standard normals, as `fillNormal` gives them; see `uniformColumn`. */
export const normalColumn = (key: RandomKey, length: number, start = 0) =>
  new RandomColumn("normal", key, length, start);

/** Bootstrap weights, as `fillPoissonOne` gives them; see `uniformColumn`. */
export const poissonOneColumn = (key: RandomKey, length: number, start = 0) =>
  new RandomColumn("poissonOne", key, length, start);
