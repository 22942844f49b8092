/** How much of what the densities say of a nuisance is the fluctuation of its samples, as sentences and as data. */
import type { Verdict } from "./verdicts.js";

/** What a trained density says of one nuisance, per event; one over the square of the unit of the nuisance. */
interface Noise {
  readonly nuisance: string;
  /** Of the trained density, the noise included. */
  readonly information: number;
  /** What samples without an effect would give on average. */
  readonly noise: number;
  /** How many times as many simulated events bring the noise below a tenth of the information without it; null where that is not above 0. */
  readonly moreEvents: number | null;
}

/** Of x or y in one process of a measurement; prior standard deviations to the power of -2. */
export interface EffectNoise extends Noise {
  readonly of: "x" | "y";
  readonly process: string;
}

/** Of a density of a composition. */
export interface DensityNoise extends Noise {
  readonly density: string;
  /** Values of the categories that the morph looks at. */
  readonly at: Readonly<Record<string, number>>;
}

/** Part of the information without noise from which on the noise is a warning: by it the simulation moves the estimate. */
const NOTICEABLE = 0.2;
/** Part of the information that a noise does not matter in. */
export const NEGLIGIBLE = 0.1;

const withMoreEvents = <N extends Pick<Noise, "information" | "noise">>(own: N): N & Pick<Noise, "moreEvents"> => {
  const effect = own.information - own.noise;
  return { ...own, moreEvents: effect > 0 ? own.noise / (NEGLIGIBLE * effect) : null };
};

export const effectNoise = (
  { of, nuisance, process }: Pick<EffectNoise, "of" | "nuisance" | "process">,
  information: number,
  noise: number,
): EffectNoise => withMoreEvents({ of, nuisance, process, information, noise });

export const densityNoise = (
  { density, at, nuisance }: Pick<DensityNoise, "density" | "at" | "nuisance">,
  information: number,
  noise: number,
): DensityNoise => withMoreEvents({ density, at, nuisance, information, noise });

/** A warning for each nuisance and density of which the noise is a noticeable part. */
export const noiseVerdicts = (rows: readonly EffectNoise[]): Verdict[] =>
  rows.flatMap((own) => {
    const { of, nuisance, process } = own;
    const [all, rest] = [
      `The data may say nothing of ${nuisance}, whose error is then that of its constraint`,
      `The error of ${nuisance} is quoted without that part; other samples would move its estimate`,
    ];
    return noiseVerdict(own, `${of === "x" ? "p(x)" : "p(y | x)"} of ${process}`, own.moreEvents === null ? all : rest);
  });

/** The same of a composition, whose errors are quoted with the noise. */
export const densityNoiseVerdicts = (rows: readonly DensityNoise[]): Verdict[] =>
  rows.flatMap((own) => {
    const { density, at, nuisance } = own;
    const values = Object.entries(at).map(([column, value]) => `${column} = ${value}`);
    const where = values.length === 0 ? density : `${density} at ${values.join(", ")}`;
    const text = `An error of ${nuisance} that rests on this density is too small by that part; other samples would move its estimate`;
    return noiseVerdict(own, where, text);
  });

function noiseVerdict(
  { nuisance, information, noise, moreEvents }: Noise,
  density: string,
  consequence: string,
): Verdict[] {
  if (noise <= NOTICEABLE * (information - noise)) return [];
  const part = moreEvents === null ? "all" : `about ${Math.round((100 * noise) / information)}%`;
  return [
    {
      check: "training noise",
      about: "densities" as const,
      failed: false,
      text:
        `nuisance ${nuisance}: of the information on it in ${density}, ${information.toPrecision(2)} per event, ` +
        `${part} may be the fluctuation of its samples. ${consequence}`,
      advice:
        moreEvents === null
          ? `Simulate more events of ${nuisance}, or give its variations as shifts or weights of the same events`
          : `${moreEvents.toPrecision(2)} times as many simulated events make that negligible, as do variations that are shifts or weights of the same events`,
    },
  ];
}
