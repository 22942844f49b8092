/** Maximum of a mean log-likelihood over up to three parameters, by the method of scoring. */

export type Triple = readonly [number, number, number];

/** log-likelihood of an event, and its derivatives by the parameters, which are written into `gradient`. */
export type EventLikelihood = (event: number, parameters: Triple, gradient: [number, number, number]) => number;

export interface Maximum {
  readonly parameters: Triple;
  readonly logLikelihood: number;
}

/** Rounds, each of which is a pass over the events. */
const MOST_ROUNDS = 40;

/** Gain of the mean log-likelihood below which it is at its maximum. */
const LEAST_GAIN = 1e-8;

const LARGEST_DAMPING = 1e6;

/** Largest step of a parameter: further away the information says nothing. */
const LARGEST_STEP = 0.5;

/**
 * Damped as by Levenberg and Marquardt. The information is the mean outer product of the events' gradients.
 *
 * @param weights  of the events, of either sign: they add up to 1
 */
export function maximise(likelihood: EventLikelihood, weights: Float64Array, start: Triple): Maximum {
  let [parameters, now] = [start, sums(likelihood, weights, start)];
  for (let damping = 1e-6, round = 0; round < MOST_ROUNDS && damping < LARGEST_DAMPING; round++) {
    const step = solveThree(now.information, now.gradient, damping);
    const next: Triple = [parameters[0] + step[0], parameters[1] + step[1], parameters[2] + step[2]];
    const tried = sums(likelihood, weights, next);
    const gain = tried.logLikelihood - now.logLikelihood;
    if (gain > 0) [parameters, now, damping] = [next, tried, damping / 10];
    else damping = Math.max(1e-3, damping * 10);
    if (gain >= 0 && gain < LEAST_GAIN) break;
  }
  return { parameters, logLikelihood: now.logLikelihood };
}

function sums(likelihood: EventLikelihood, weights: Float64Array, parameters: Triple) {
  let logLikelihood = 0;
  const own: [number, number, number] = [0, 0, 0];
  const gradient: [number, number, number] = [0, 0, 0];
  const information = new Float64Array(9);
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i]!;
    logLikelihood += weight * likelihood(i, parameters, own);
    for (let j = 0; j < 3; j++) {
      gradient[j]! += weight * own[j]!;
      for (let k = 0; k < 3; k++) information[3 * j + k]! += weight * own[j]! * own[k]!;
    }
  }
  return { logLikelihood, gradient, information };
}

/** Solves (M + damping · diagonal of M) x = g, by Cramer's rule. A parameter that nothing depends on stays where it is. */
function solveThree(matrix: Float64Array, g: Triple, damping: number): Triple {
  const m = Array.from(matrix, (value, i) => (i % 4 === 0 ? (value === 0 ? 1 : value * (1 + damping)) : value));
  const determinant = (of: readonly number[]) =>
    of[0]! * (of[4]! * of[8]! - of[5]! * of[7]!) -
    of[1]! * (of[3]! * of[8]! - of[5]! * of[6]!) +
    of[2]! * (of[3]! * of[7]! - of[4]! * of[6]!);
  const whole = determinant(m);
  const part = (column: number) => {
    const own = determinant(m.map((value, i) => (i % 3 === column ? g[Math.floor(i / 3)]! : value))) / whole;
    return Number.isFinite(own) ? Math.max(-LARGEST_STEP, Math.min(LARGEST_STEP, own)) : 0;
  };
  return [part(0), part(1), part(2)];
}
