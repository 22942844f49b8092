/** A composition that is sound, what makes a hostile one of it, and the samples beside both. */
import { join } from "node:path";
import { writeNpz } from "../../io/index.js";

export const SOUND = `columns: { m: { range: [0, 10] }, t: {}, kind: { values: [0, 1] } }
samples: { data: data.npz }
parameters: { ns: { start: 30, range: [0, 500] }, nb: 170, c: { start: 0.1, range: [0, 2] }, w: { start: 1, range: [0.1, 5] } }
functions: { twice: { product: [2, c] } }
densities:
  s: { gaussian: { x: m, mean: 5, sigma: w } }
  b: { exponential: { x: m, c: c } }
  flat: { uniform: m }
  model: { mixture: { s: ns, b: nb } }
likelihoods: { fit: { density: model, sample: data } }
`;

export interface HostileComposition {
  readonly source: string;
  /** Of what is said. */
  readonly says: RegExp;
  readonly code: 2 | 3;
}

/** SOUND with other texts in place of some of it. */
function changed(replaced: readonly (readonly [from: string, to: string])[]): string {
  return replaced.reduce((source, [from, to]) => {
    if (!source.includes(from)) throw new Error(`the composition has no ${from}`);
    return source.replace(from, to);
  }, SOUND);
}

export const refused = (
  says: RegExp,
  ...replaced: readonly (readonly [from: string, to: string])[]
): HostileComposition => ({
  source: changed(replaced),
  says,
  code: 2,
});
export const failed = (code: 3, says: RegExp, ...replaced: readonly (readonly [from: string, to: string])[]) => ({
  ...refused(says, ...replaced),
  code,
});

/** The samples beside them. */
export async function writeSamples(folder: string): Promise<void> {
  // 170 that fall as e^(-m / 10), and 30 in a peak of width 1: the logistic distribution is nearly normal.
  const part = (i: number, n: number) => (i + 0.5) / n;
  const m = Array.from({ length: 200 }, (_, i) =>
    i < 170
      ? -10 * Math.log(1 - part(i, 170) * (1 - Math.exp(-1)))
      : 5 + Math.log(part(i - 170, 30) / (1 - part(i - 170, 30))) / 1.7,
  );
  const samples: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>> = {
    data: { m, t: m.map(() => 1), kind: m.map((_, i) => i % 2) },
    other: { q: m },
    nan: { m: [...m, Number.NaN] },
    none: { m: [] },
    far: { m: m.map((own) => own + 100) },
    weights: {
      m,
      negative: m.map((_, i) => (i % 2 === 0 ? -2 : 1)),
      zero: m.map(() => 0),
      nan: m.map(() => Number.NaN),
      huge: m.map(() => 1e307),
    },
  };
  for (const [name, columns] of Object.entries(samples)) {
    const arrays = Object.entries(columns).map(([column, data]) => [
      column,
      { shape: [data.length], data: Float64Array.from(data) },
    ]);
    await writeNpz(join(folder, `${name}.npz`), Object.fromEntries(arrays));
  }
}
