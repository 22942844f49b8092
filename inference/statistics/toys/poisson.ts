/** Poisson numbers of any mean. */
import { log } from "../../../engine/exact-functions.js";
import { fillUniform, randomKey } from "../../../engine/random/random.js";

/** Uniform numbers drawn at once. */
const DRAWN_AT_ONCE = 4096;

/** A Poisson number of mean `mean`: arrivals in unit time, gaps being exponential. Takes `mean` draws. */
export function poisson(mean: number, seed: number, purpose: string): number {
  const key = randomKey(seed, purpose);
  const uniforms = new Float64Array(DRAWN_AT_ONCE);
  let time = 0;
  for (let count = 0; ; count++) {
    if (count % DRAWN_AT_ONCE === 0) fillUniform(key, count, uniforms);
    time -= log(uniforms[count % DRAWN_AT_ONCE]!);
    if (time > mean) return count;
  }
}
