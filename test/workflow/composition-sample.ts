/** Compositions in a folder of their own, with events by formulas: those of test/references/gaussian-exponential. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeNpz } from "../../io/index.js";
import type { ChannelEvents } from "../../workflow/events/channel-events.js";

const frac = (n: number, factor: number) => Float64Array.from({ length: n }, (_, i) => ((i + 0.5) * factor) % 1);

/** Box and Muller's. */
function peak(n: number, mean: number, width: number): Float64Array {
  const [u, v] = [frac(n, 0.7548776662466927), frac(n, 0.5698402909980532)];
  return u.map((own, i) => mean + width * Math.sqrt(-2 * Math.log(own)) * Math.cos(2 * Math.PI * v[i]!));
}

/** The inverse of the distribution function of e^{-c m} from 100 to 180. */
const background = (n: number, c: number, factor: number) =>
  frac(n, factor).map((u) => 100 - Math.log(1 - u * (1 - Math.exp(-80 * c))) / c);

export const EVENTS = {
  data: [...peak(300, 124.6, 2.1), ...background(5000, 0.021, 0.6180339887498949)],
  other: [...peak(80, 124.6, 2.1), ...background(3000, 0.021, 0.5545497331806323)],
} as const;

/** Of the background alone. */
export const BACKGROUND = EVENTS.data.slice(300);

/** A background and a flat part, which needs no error function. */
export const FLAT = `name: Flat and falling
output: out
columns: { m: { range: [100, 180] } }
samples: { data: background.npz }
parameters: { nflat: 300, nbkg: 5000, slope: { start: 0.02, constraint: { normal: { observed: 0.02, sigma: 0.001 } } } }
densities:
  flat: { uniform: m }
  background: { exponential: { x: m, c: slope } }
  model: { mixture: { flat: nflat, background: nbkg } }
likelihoods: { fit: { density: model, sample: data } }
`;

export interface Files {
  readonly folder: string;
  /** A configuration beside the samples. */
  write(name: string, text: string): string;
  /** Columns as npz beside it. */
  sample(name: string, columns: Readonly<Record<string, readonly number[]>>): Promise<void>;
  remove(): void;
}

export async function compositionFiles(): Promise<Files> {
  const folder = mkdtempSync(join(tmpdir(), "unbinned-composition-"));
  const sample = (name: string, columns: Readonly<Record<string, readonly number[]>>) =>
    writeNpz(
      join(folder, name),
      Object.fromEntries(
        Object.entries(columns).map(([column, data]) => [
          column,
          { shape: [data.length], data: Float64Array.from(data) },
        ]),
      ),
    );
  for (const [name, m] of Object.entries(EVENTS)) await sample(`${name}.npz`, { m });
  await sample("background.npz", { m: BACKGROUND });
  return {
    folder,
    sample,
    write(name, text) {
      const file = join(folder, name);
      writeFileSync(file, text);
      return file;
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** Events in memory. */
export function eventsOf(columns: Readonly<Record<string, readonly number[]>>): ChannelEvents {
  const [first] = Object.values(columns);
  const count = first!.length;
  const own = Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, Float64Array.from(values)]));
  return { data: { count, columns: own }, file: "events", total: count, leftOut: [], digest: "events" };
}
