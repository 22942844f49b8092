/** Events that are not all in memory: a training reads one window of them after another, others in every epoch. */

import { UsageError } from "../../engine/errors.js";
import { type RandomKey, randomKey } from "../../engine/random/random.js";
import { fillShuffled } from "../../engine/random/shuffle.js";
import type { ColumnData, Named } from "../../engine/runtime/backend.js";
import { sharedColumn } from "../../engine/runtime/shared-column.js";
import { type EventSample, selectEvents } from "./event-sample.js";
import { type SplitRequest, splitOrder } from "./split-order.js";
import { totalWeight } from "./weighted-moments.js";

/** Events in blocks that are read in any order, the same every time. */
export interface EventBlocks {
  /** Events of each block. */
  readonly counts: readonly number[];
  /** Blocks at which pieces begin, each of which is read at once where all events are looked at in their order; the first is 0. */
  readonly pieces: readonly number[];
  readonly isWeighted: boolean;
  /** The events of the blocks from one to before another; columns have one number for each [count]. */
  readonly read: (from: number, to: number) => Promise<EventSample>;
}

export interface StreamedRequest extends SplitRequest {
  /** The event set that they are of. */
  readonly set: string;
  readonly blocks: EventBlocks;
  /** Events that are trained on at once, at most; as many others are read meanwhile. */
  readonly window: number;
}

/** Some of the events of a block that are trained on, by their positions among these. */
interface Slice {
  readonly block: number;
  readonly from: number;
  readonly to: number;
}

/** Numbers of events that are made at once. */
const AT_ONCE = 2 ** 16;

/** Columns that are written again and again. */
type Buffer = Record<string, ColumnData>;

/** Which order of blocks an epoch has. */
export interface BlockOrder {
  readonly blocks: number;
  /** Parts of all blocks, of which a window is to have the same number of blocks each. */
  readonly strata: number;
}

/**
 * An order of blocks in which any stretch has as many blocks of every part of the file: rounds, each with one block of every stratum, and
 * the strata in the same order. In files that are sorted, or of one process after another, windows are then much more alike than by chance.
 */
export function orderOfBlocks(key: RandomKey, epoch: number, { blocks, strata }: BlockOrder): number[] {
  const ends = Array.from({ length: strata + 1 }, (_, s) => Math.floor((s * blocks) / strata));
  const orders = ends.slice(1).map((end, s) => {
    const order = new Int32Array(end - ends[s]!);
    fillShuffled(key, epoch * strata + s, order.length, 0, order);
    return order.map((block) => ends[s]! + block);
  });
  const places = new Int32Array(strata);
  fillShuffled(randomKey(key.seed, `${key.purpose}/strata`), epoch, strata, 0, places);
  const all: number[] = [];
  for (let round = 0; all.length < blocks; round++) {
    for (const s of places) if (round < orders[s]!.length) all.push(orders[s]![round]!);
  }
  return all;
}

/** Events of which some are held out, as `splitSample` splits those in memory. */
export class StreamedEvents {
  readonly set: string;
  readonly window: number;
  /** Events that are trained on, and those that are held out. */
  readonly counts: { readonly training: number; readonly heldOut: number };
  private readonly blocks: EventBlocks;
  /** A bit for each event: whether it is held out. */
  private readonly heldOutBits: Uint8Array;
  private readonly orderKey: RandomKey;
  /** Events before each block, and of all. */
  private readonly starts: Float64Array;
  private readonly total: number;
  /** Of each block, events that are trained on. */
  private readonly trained: readonly number[];
  private readonly buffers: Buffer[] = [{}, {}];

  constructor(request: StreamedRequest) {
    const { set, blocks, window, ...split } = request;
    this.set = set;
    this.window = window;
    this.blocks = blocks;
    const starts = new Float64Array(blocks.counts.length + 1);
    for (const [block, count] of blocks.counts.entries()) starts[block + 1] = starts[block]! + count;
    this.starts = starts;
    this.total = starts.at(-1)!;
    const { key, size } = splitOrder(this.total, split);
    this.heldOutBits = new Uint8Array(Math.ceil(this.total / 8));
    this.counts = { training: this.total - size, heldOut: size };
    this.orderKey = randomKey(split.seed, `${split.purpose}/blocks/${set}`);
    const events = new Int32Array(AT_ONCE);
    for (let first = 0; first < size; first += AT_ONCE) {
      const own = events.subarray(0, Math.min(AT_ONCE, size - first));
      fillShuffled(key, 0, this.total, first, own);
      for (const event of own) this.heldOutBits[event >>> 3]! |= 1 << (event & 7);
    }
    this.trained = blocks.counts.map((_, block) => this.chosen(block, block + 1, false).length);
  }

  /** Events of some blocks that are held out, or those that are not, by their positions in the blocks. */
  private chosen(from: number, to: number, isHeldOut: boolean): Int32Array {
    const [first, last] = [this.starts[from]!, this.starts[to]!];
    const positions = new Int32Array(last - first);
    const wanted = isHeldOut ? 1 : 0;
    let count = 0;
    for (let event = first; event < last; event++) {
      if (((this.heldOutBits[event >>> 3]! >>> (event & 7)) & 1) === wanted) positions[count++] = event - first;
    }
    return positions.subarray(0, count);
  }

  /** The pieces from one to before another block, each read while the one before it is worked on. */
  private async *pieces(): AsyncGenerator<readonly [sample: EventSample, from: number, to: number]> {
    const { pieces, counts } = this.blocks;
    const end = (i: number) => pieces[i + 1] ?? counts.length;
    const following = (i: number) => {
      const next = i < pieces.length ? this.readBlocks(pieces[i]!, end(i)) : undefined;
      // Nobody waits for it yet: what it fails of is thrown where it is awaited.
      next?.catch(() => {});
      return next;
    };
    let next = following(0);
    for (let i = 0; i < pieces.length; i++) {
      const sample = await next!;
      next = following(i + 1);
      yield [sample, pieces[i]!, end(i)];
    }
  }

  private async readBlocks(from: number, to: number): Promise<EventSample> {
    const sample = await this.blocks.read(from, to);
    const count = this.starts[to]! - this.starts[from]!;
    if (sample.count === count) return sample;
    throw new UsageError("stream of events", {
      expected: `${count} events in the blocks ${from} to ${to}`,
      got: `${sample.count}`,
      hint: "The files changed while they were read",
    });
  }

  /**
   * The events that are held out, in their order, with the number of them before each part.
   *
   * @param most  parts are joined as long as they have no more events; none are by default
   */
  async *heldOut(most = 0): AsyncGenerator<readonly [sample: EventSample, start: number]> {
    let [start, waiting] = [0, [] as EventSample[]];
    const countOf = (parts: readonly EventSample[]) => parts.reduce((sum, { count }) => sum + count, 0);
    for await (const [sample, from, to] of this.pieces()) {
      const own = selectEvents(sample, this.chosen(from, to, true));
      if (own.count === 0) continue;
      if (waiting.length > 0 && countOf(waiting) + own.count > most) {
        yield [joined(waiting), start];
        start += countOf(waiting);
        waiting = [];
      }
      waiting.push(own);
    }
    if (waiting.length > 0) yield [joined(waiting), start];
  }

  /** Σ of weights of the events that are trained on, and of those that are held out. */
  async totalWeights(): Promise<{ readonly training: number; readonly heldOut: number }> {
    if (!this.blocks.isWeighted) return this.counts;
    const sums = { training: 0, heldOut: 0 };
    for await (const [sample, from, to] of this.pieces()) {
      const weights = sample.columns[sample.weights!]!;
      const ofHeldOut = Float64Array.from(this.chosen(from, to, true), (event) => weights[event]!);
      const heldOut = totalWeight({ count: ofHeldOut.length, weights: ofHeldOut });
      sums.heldOut += heldOut;
      sums.training += totalWeight({ count: sample.count, weights }) - heldOut;
    }
    return sums;
  }

  /**
   * Of the events that are trained on, those at the places from one to before another in the order of this epoch: block after block. The
   * columns are written again at the call after the next.
   *
   * @param strata  blocks of a window
   */
  async read(epoch: number, strata: number, first: number, last: number): Promise<EventSample> {
    const buffer = this.buffers.reverse()[0]!;
    let [at, weights] = [0, undefined as string | undefined];
    for (const { block, from, to } of this.slices(epoch, strata, first, last)) {
      const all = await this.readBlocks(block, block + 1);
      const own = this.chosen(block, block + 1, false).subarray(from, to);
      for (const [name, values] of Object.entries(all.columns)) {
        const target = this.columnOf(buffer, name, values);
        for (let i = 0; i < own.length; i++) target[at + i] = values[own[i]!]!;
      }
      at += own.length;
      weights = all.weights;
    }
    const columns = Object.entries(buffer).map(([name, column]) => [name, column.subarray(0, at)] as const);
    return { count: at, columns: Object.fromEntries(columns), ...(weights !== undefined && { weights }) };
  }

  private columnOf(buffer: Buffer, name: string, values: ColumnData): ColumnData {
    const size = Math.min(this.window, this.counts.training);
    buffer[name] ??= sharedColumn(values instanceof Float32Array ? new Float32Array(size) : new Float64Array(size));
    return buffer[name];
  }

  /** In the order of the blocks, as files are read faster from their beginning to their end. */
  private slices(epoch: number, strata: number, first: number, last: number): Slice[] {
    const found: Slice[] = [];
    let before = 0;
    for (const block of orderOfBlocks(this.orderKey, epoch, { blocks: this.trained.length, strata })) {
      const count = this.trained[block]!;
      const [from, to] = [Math.max(0, first - before), Math.min(count, last - before)];
      if (from < to) found.push({ block, from, to });
      before += count;
    }
    return found.sort((a, b) => a.block - b.block);
  }

  /** Number of blocks. */
  get size(): number {
    return this.trained.length;
  }
}

/** Events one after another; columns have one number for each. */
function joined(parts: readonly EventSample[]): EventSample {
  const [first, ...others] = parts as [EventSample, ...EventSample[]];
  if (others.length === 0) return first;
  const count = parts.reduce((sum, own) => sum + own.count, 0);
  const columns = Object.entries(first.columns).map(([name, values]) => {
    const column = values instanceof Float32Array ? new Float32Array(count) : new Float64Array(count);
    let at = 0;
    for (const part of parts) {
      column.set(part.columns[name]!, at);
      at += part.count;
    }
    return [name, column] as const;
  });
  return { ...first, count, columns: Object.fromEntries(columns) };
}

/** By event set, as trainings take them. */
export const inSet = (set: string, sample: EventSample): Named<EventSample> => ({ [set]: sample });
