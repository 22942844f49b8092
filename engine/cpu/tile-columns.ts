/** Brings columns to tiles of BLOCK events, and outputs from there to columns. */
import type { ColumnData } from "../runtime/backend.js";
import { BLOCK } from "../runtime/blocked-column.js";

type Numbers = Float32Array | Float64Array;

/** The events of one run: `index` gives their positions in the columns, else they are `start`, `start + 1`, ... */
export interface Events {
  readonly start: number;
  readonly length: number;
  readonly index: Int32Array | undefined;
}

/** Data as workers get them: `[rows][events]`, or the numbers of a BlockedColumn. */
export type BoundColumn = ColumnData | { readonly blocks: ColumnData };

/** Where an output goes: `[rows][events of the run]`, or the numbers of a BlockedColumn, at the places of the events. */
export type OutputColumn = Float64Array | { readonly blocks: ColumnData };

/** Rows of a tile: where the first begins among the numbers, and how far it is from one to the next. */
export interface TileRows {
  readonly at: number;
  readonly stride: number;
}

/** The rest of the last block repeats the last event. */
function fillTails(target: Numbers, { at, stride }: TileRows, rows: number, n: number): void {
  const rest = (BLOCK - (n % BLOCK)) % BLOCK;
  if (rest === 0) return;
  for (let r = 0; r < rows; r++) {
    const end = at + r * stride + n;
    target.fill(target[end - 1] as number, end, end + rest);
  }
}

/** Events `first` to `first + n` of a run. */
export interface TileEvents {
  readonly events: Events;
  readonly first: number;
  readonly n: number;
}

/** Copies the rows of a column, `rows` of them, to those of a tile. */
type Copy = (source: ColumnData, rows: number, target: Numbers, place: TileRows, tile: TileEvents) => void;

const copyRows: Copy = (source, rows, target, place, { events: { start, index }, first, n }) => {
  const stride = source.length / rows;
  const begin = start + first;
  for (let r = 0; r < rows; r++) {
    const from = r * stride;
    const at = place.at + r * place.stride;
    if (index === undefined) target.set(source.subarray(from + begin, from + begin + n), at);
    else for (let e = 0; e < n; e++) target[at + e] = source[from + (index[begin + e] as number)] as number;
  }
};

/** Calls `visit` for the part of each block that a tile has: where its first row begins among the numbers, its first event in the tile, and how many. */
function forEachBlock(
  event: number,
  n: number,
  rows: number,
  visit: (from: number, first: number, count: number) => void,
): void {
  for (let first = 0; first < n; ) {
    const within = (event + first) % BLOCK;
    const count = Math.min(n - first, BLOCK - within);
    visit((event + first - within) * rows + within, first, count);
    first += count;
  }
}

const copyBlocks: Copy = (blocks, rows, target, place, { events: { start, index }, first, n }) => {
  const begin = start + first;
  if (index !== undefined) {
    for (let e = 0; e < n; e++) {
      const event = index[begin + e] as number;
      const within = event % BLOCK;
      const from = (event - within) * rows + within;
      for (let r = 0; r < rows; r++) target[place.at + r * place.stride + e] = blocks[from + r * BLOCK] as number;
    }
    return;
  }
  forEachBlock(begin, n, rows, (from, own, count) => {
    if (count === BLOCK && place.stride === BLOCK) {
      target.set(blocks.subarray(from, from + rows * BLOCK), place.at + own);
      return;
    }
    // Pieces of rows are so short that to name them takes longer than to copy their numbers one by one.
    for (let r = 0; r < rows; r++) {
      const [to, source] = [place.at + r * place.stride + own, from + r * BLOCK];
      for (let e = 0; e < count; e++) target[to + e] = blocks[source + e] as number;
    }
  });
};

/** A column to a tile. */
export function gather(source: BoundColumn, rows: number, target: Numbers, place: TileRows, tile: TileEvents): void {
  if ("blocks" in source) copyBlocks(source.blocks, rows, target, place, tile);
  else copyRows(source, rows, target, place, tile);
  fillTails(target, place, rows, tile.n);
}

/**
 * A tile of an output to its column.
 *
 * @param from  where each row begins in `numbers`
 */
export function put(numbers: Numbers, from: Int32Array, column: OutputColumn, { events, first, n }: TileEvents): void {
  if (!("blocks" in column)) {
    from.forEach((at, r) => {
      column.set(numbers.subarray(at, at + n), r * events.length + first);
    });
    return;
  }
  const { blocks } = column;
  forEachBlock(events.start + first, n, from.length, (to, own, count) => {
    from.forEach((at, r) => {
      blocks.set(numbers.subarray(at + own, at + own + count), to + r * BLOCK);
    });
  });
}
