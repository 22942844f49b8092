/** How much of what the densities say of a nuisance is the fluctuation of its samples, as sentences and as data. */
import type { Verdict } from "./verdicts.js";

/** What one density says of one nuisance in one process, per event of the process; prior standard deviations to the power of -2. */
export interface EffectNoise {
  readonly of: "x" | "y";
  readonly nuisance: string;
  readonly process: string;
  /** Of the trained density, the noise included. */
  readonly information: number;
  /** What samples without an effect would give on average. */
  readonly noise: number;
  /** How many times as many simulated events bring the noise below a tenth of the information without it; null where that is not above 0. */
  readonly moreEvents: number | null;
}

/** Part of the information without noise from which on the noise is a warning: by it the simulation moves the estimate. */
const NOTICEABLE = 0.2;
/** Part of the information that a noise does not matter in. */
export const NEGLIGIBLE = 0.1;

export function effectNoise(
  { of, nuisance, process }: Pick<EffectNoise, "of" | "nuisance" | "process">,
  information: number,
  noise: number,
): EffectNoise {
  const effect = information - noise;
  return { of, nuisance, process, information, noise, moreEvents: effect > 0 ? noise / (NEGLIGIBLE * effect) : null };
}

const errorText = (nuisance: string, isAll: boolean) =>
  isAll
    ? `The data may say nothing of ${nuisance}, whose error is then that of its constraint`
    : `The error of ${nuisance} is quoted without that part; other samples would move its estimate`;

/** A warning for each nuisance and density of which the noise is a noticeable part. */
export function noiseVerdicts(rows: readonly EffectNoise[]): Verdict[] {
  return rows.flatMap(({ of, nuisance, process, information, noise, moreEvents }) => {
    if (noise <= NOTICEABLE * (information - noise)) return [];
    const density = of === "x" ? "p(x)" : "p(y | x)";
    const part = moreEvents === null ? "all" : `about ${Math.round((100 * noise) / information)}%`;
    return [
      {
        check: "training noise",
        about: "densities" as const,
        failed: false,
        text:
          `nuisance ${nuisance}: of the information on it in ${density} of ${process}, ${information.toPrecision(2)} per event, ` +
          `${part} may be the fluctuation of its samples. ${errorText(nuisance, moreEvents === null)}`,
        advice:
          moreEvents === null
            ? `Simulate more events of ${nuisance}, or give its variations as shifts or weights of the same events`
            : `${moreEvents.toPrecision(2)} times as many simulated events make that negligible, as do variations that are shifts or weights of the same events`,
      },
    ];
  });
}
