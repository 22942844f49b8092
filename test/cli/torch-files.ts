/** PyTorch's small mixture as the verbs read it: the entries that its flows have, its events as files have them. */
import { torchEvents } from "../inference/torch-mixture.js";

/** Entries of a configuration whose `run` would make flows of the shape of `torchModel`. */
export const TORCH_FLOWS = `
flows: { x: { transforms: 2, bins: 4, bound: 5, hidden: [6] }, y: { transforms: 2, bins: 4, bound: 5, hidden: [8] } }
morph: { shiftFirst: false, x: { kind: affine, layers: 1, hidden: [4] }, y: { kind: affine, layers: 2, hidden: [4] } }
transport: { transforms: 2, bins: 4, hidden: [6] }
response: { enabled: false }
`;

/** Nominal, and both nuisances at +1 and -1. */
export const TORCH_SAMPLES = (file: string) =>
  `[{ file: ${file} }, { file: up-${file}, at: { nu1: 1, nu2: 1 } }, { file: down-${file}, at: { nu1: -1, nu2: -1 } }]`;

/** [features, events] → the events first, as files have them. */
export function rows(column: ArrayLike<number>, count = torchEvents.count): { shape: number[]; data: Float64Array } {
  const width = column.length / count;
  const data = Float64Array.from(
    { length: column.length },
    (_, i) => column[(i % width) * count + Math.floor(i / width)]!,
  );
  return { shape: [count, width], data };
}
