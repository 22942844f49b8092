/** Texts of configurations, and what reading them gives. */
import { readConfiguration } from "../../../workflow/configuration/configuration.js";
import type { Configuration } from "../../../workflow/configuration/table.js";

/** Simulation and data from the generator. */
export const TOY = `
observables: { x: { features: 2 }, y: { features: 2 } }
processes: { A: , B: }
nuisances: { shift: , squeeze: }
simulation: { generator: doi-toy }
data: { generator: doi-toy }
`;

/** Samples and data from files. */
export const FILES = `
observables: { x: { features: 1 }, y: { features: 3 } }
processes:
  signal:
    yield: 10
    samples: [{ file: s.npz }, { file: su.npz, at: { scale: 1 } }, { file: st.npz, at: { tilt: 1 } }]
  other:
    yield: 20
    samples: [{ file: o.npz }, { file: ou.npz, at: { scale: 1 } }]
nuisances:
  scale:
  tilt: { processes: [signal] }
  norm: { kind: rate, kappa: 0.1 }
data: { file: data.npz }
`;

/** A model from a file. */
export const PUBLISHED = `
observables: { x: { features: 2 }, y: { features: 2 } }
processes: { A: , B: }
nuisances: { shift: , squeeze: }
model: { file: m.pt }
data: { file: data.npz }
`;
/** Simulation from the generator, data from a file. */
export const GENERATED_OF_FILES = `${TOY.replace("data: { generator: doi-toy }", "data: { file: d.npz }")}`.replace(
  "{ A: , B: }",
  "{ A: { yield: 1 }, B: { yield: 2 } }",
);

export function read(source: string, ...set: string[]): Configuration {
  return readConfiguration(source, "a.yaml", { set });
}

/** What is said of a text and values of --set. */
export function message(source: string, ...set: string[]): string {
  try {
    read(source, ...set);
  } catch (error) {
    return (error as Error).message;
  }
  return "no error";
}
