/** Times of the kernels of a timed program: cells in its memory, a few for every kernel and thread. */
import { noTallies, type Tally } from "../runtime/kernel-times.js";

/** Numbers per kernel: milliseconds, calls, events. */
const CELLS = 3;

export const clockBytes = (kernels: number) => 8 * CELLS * kernels;

/** The times of one thread. */
export class KernelClock {
  private before = 0;

  /** @param cells  [kernels, CELLS] */
  constructor(private readonly cells: Float64Array) {}

  start(): void {
    this.before = performance.now();
  }

  /** What was done since the start or the last lap is one call of this kernel. */
  lap(kernel: number, events: number): void {
    const { cells } = this;
    const now = performance.now();
    const at = CELLS * kernel;
    cells[at] = (cells[at] as number) + now - this.before;
    cells[at + 1] = (cells[at + 1] as number) + 1;
    cells[at + 2] = (cells[at + 2] as number) + events;
    this.before = now;
  }
}

/** @param cells  of all threads, one after another [threads, kernels, CELLS] */
export function talliesOf(cells: Float64Array, kernels: number): Tally[] {
  const tallies = noTallies(kernels);
  for (let at = 0; at < cells.length; at += CELLS) {
    const tally = tallies[(at / CELLS) % kernels] as Tally;
    tally.milliseconds += cells[at] as number;
    tally.calls += cells[at + 1] as number;
    tally.events += cells[at + 2] as number;
  }
  return tallies;
}
