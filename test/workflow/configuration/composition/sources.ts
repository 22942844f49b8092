/** A composition in YAML, and what is said of it where a part is written differently. */
import * as assert from "uvu/assert";
import {
  type CompositionAnalysis,
  type CompositionOverrides,
  readComposition,
} from "../../../../workflow/configuration/composition/composition-file.js";

export const COMPOSITION = `columns: { m: { range: [100, 180] } }
samples: { data: data.npz }
parameters:
  nflat: 300
  nbkg: 5000
  slope: 0.02
densities:
  flat: { uniform: m }
  background: { exponential: { x: m, c: slope } }
  model: { mixture: { flat: nflat, background: nbkg } }
likelihoods: { fit: { density: model, sample: data } }
`;

/** With other texts in place of some of it. */
export function written(...replaced: readonly (readonly [from: string, to: string])[]): string {
  return replaced.reduce((source, [from, to]) => {
    assert.ok(source.includes(from), `the composition has ${from}`);
    return source.replace(from, to);
  }, COMPOSITION);
}

export const readAs = (source: string, overrides?: CompositionOverrides): Promise<CompositionAnalysis> =>
  readComposition(source, "a.yaml", overrides);

/** What is said of a text that is refused. */
export async function problemIn(source: string, overrides?: CompositionOverrides): Promise<string> {
  try {
    await readAs(source, overrides);
  } catch (error) {
    return (error as Error).message;
  }
  return "accepted";
}
