/**
 * Gradients of a linear map's parameters, summed over the events of a tile: dW[o, i] += sum_e g[o, e] x[i, e].
 *
 * The same product as that of `linear.ts`, with events in the place of inputs: a panel of columns of x is turned over first,
 * [events][columns], so that lanes are columns and no lanes have to be added. Every element is the sum over the tile, event
 * after event, added to what is there: the same bits whatever the shape of the blocks.
 *
 * dW is accumulated in rows of `stride` elements, the columns rounded up; what lies at or beyond a row's prefix there is not
 * meaningful. `emitUnpackGradient` brings it to row-major [rows, columns] with zeros beyond the prefix, once, after the last tile.
 */
import type { FunctionBuilder, Local } from "../assembly/assembler.js";
import type { Lanes } from "../assembly/lanes.js";
import { BLOCK_ROWS, roundUp } from "./linear-pack.js";

/** Columns are rounded up to so many vectors, the narrowest panel: 4 x 2 accumulators, for the reason `linear.ts` gives. */
const FEWEST_VECTORS = 2;

/** Columns of the narrowest panel. */
export const panelColumns = (lanes: Lanes) => FEWEST_VECTORS * lanes.width;

export interface WeightGradientPlan {
  /** Blocks of BLOCK_ROWS rows. */
  readonly blocks: number;
  /** [blocks] of i32: columns that each block needs. */
  readonly columns: Int32Array;
  /** Elements per row of the accumulator. */
  readonly stride: number;
  /** Elements of the accumulator, with padded rows and columns. */
  readonly elements: number;
}

/** @param prefix  number of leading columns each row of W uses [rows], at most `columns` */
export function planWeightGradient(lanes: Lanes, prefix: ArrayLike<number>, columns: number): WeightGradientPlan {
  const lengths = Array.from(prefix);
  const blocks = Math.ceil(lengths.length / BLOCK_ROWS);
  const stride = roundUp(columns, panelColumns(lanes));
  const blockColumns = Int32Array.from({ length: blocks }, (_, block) =>
    Math.max(...lengths.slice(block * BLOCK_ROWS, (block + 1) * BLOCK_ROWS)),
  );
  return { blocks, columns: blockColumns, stride, elements: blocks * BLOCK_ROWS * stride };
}

/** Bytes of the panel that `emitWeightGradient` needs. */
export const panelBytes = (lanes: Lanes, tile: number) => lanes.blockVectors * 16 * tile;

export interface WeightGradientArguments {
  /** Accumulator, [rows rounded up to BLOCK_ROWS][stride], added to. */
  readonly accumulator: Local;
  /** Cotangent of the output, [rows rounded up to BLOCK_ROWS][tile]. Padding rows may hold anything. */
  readonly g: Local;
  /** Input, [stride][tile]. Padding rows may hold anything. */
  readonly x: Local;
  /** Events of the tile that count, at least one. */
  readonly events: Local;
  /** The table of `planWeightGradient`. */
  readonly columns: Local;
  readonly blocks: Local;
  readonly stride: Local;
  /** `panelBytes` of memory to work in. */
  readonly panel: Local;
}

/** [] -> [] */
export function emitWeightGradient(f: FunctionBuilder, lanes: Lanes, tile: number, a: WeightGradientArguments): void {
  const [column, block, columns, wide, strideBytes] = f.locals("i32", 5);
  const [x, g, target] = f.locals("i32", 3);
  f.get(a.stride).i32(lanes.bytes).op("i32.mul").set(strideBytes);
  f.get(a.x).set(x);
  const panels = (start: Local | number, end: Local, vectors: number) =>
    f.range(column, start, end, vectors * lanes.width, () => {
      turnOver(f, lanes, tile, { x, vectors }, a);
      f.get(a.columns).set(columns).get(a.g).set(g);
      f.get(a.accumulator).get(column).i32(lanes.bytes).op("i32.mul", "i32.add").set(target);
      f.range(block, 0, a.blocks, 1, () => {
        f.get(column).get(columns).memory("i32.load").op("i32.lt_s");
        f.if(() => multiplyBlock(f, lanes, tile, { g, target, strideBytes, vectors }, a));
        f.increase(columns, 4).increase(g, BLOCK_ROWS * tile * lanes.bytes);
        for (let r = 0; r < BLOCK_ROWS; r++) f.increase(target, strideBytes);
      });
      f.increase(x, vectors * lanes.width * tile * lanes.bytes);
    });
  if (lanes.blockVectors === FEWEST_VECTORS) panels(0, a.stride, FEWEST_VECTORS);
  else {
    f.get(a.stride)
      .i32(-lanes.blockVectors * lanes.width)
      .op("i32.and")
      .set(wide);
    panels(0, wide, lanes.blockVectors);
    panels(wide, a.stride, FEWEST_VECTORS);
  }
}

/** [] -> []: the panel [events][columns] from x [columns][tile]. */
function turnOver(
  f: FunctionBuilder,
  lanes: Lanes,
  tile: number,
  { x, vectors }: { readonly x: Local; readonly vectors: number },
  a: WeightGradientArguments,
): void {
  const { width, bytes } = lanes;
  const rowBytes = tile * bytes;
  const [vector, event, from, to, end] = f.locals("i32", 5);
  const rows = f.locals("v128", width);
  f.get(a.events).i32(bytes).op("i32.mul").set(end);
  f.range(vector, 0, vectors * 16, 16, () => {
    // A vector holds 16 bytes, be it of events or of columns.
    f.get(x).get(vector).i32(tile).op("i32.mul", "i32.add").set(from);
    f.get(a.panel).get(vector).op("i32.add").set(to);
    f.range(event, 0, end, 16, () => {
      rows.forEach((row, r) => {
        f.get(from)
          .memory(lanes.load, r * rowBytes)
          .set(row);
      });
      transpose(f, lanes, rows);
      rows.forEach((row, r) => {
        f.get(to)
          .get(row)
          .memory(lanes.store, r * vectors * 16);
      });
      f.increase(from, 16).increase(to, width * vectors * 16);
    });
  });
}

/** [] -> []: a square of numbers, one row to a vector. */
function transpose(f: FunctionBuilder, lanes: Lanes, rows: readonly Local[]): void {
  const [a, b, c, d] = rows as [Local, Local, Local, Local];
  const pair = (u: Local, v: Local, lanesOfBoth: readonly number[]) => f.get(u).get(v).shuffle(lanesOfBoth);
  if (lanes.precision === "f64") {
    pair(a, b, [0, 2]);
    pair(a, b, [1, 3]).set(b).set(a);
    return;
  }
  const [low, lowPair, high, highPair] = f.locals("v128", 4) as [Local, Local, Local, Local];
  pair(a, b, [0, 4, 1, 5]).set(low);
  pair(c, d, [0, 4, 1, 5]).set(lowPair);
  pair(a, b, [2, 6, 3, 7]).set(high);
  pair(c, d, [2, 6, 3, 7]).set(highPair);
  pair(low, lowPair, [0, 1, 4, 5]).set(a);
  pair(low, lowPair, [2, 3, 6, 7]).set(b);
  pair(high, highPair, [0, 1, 4, 5]).set(c);
  pair(high, highPair, [2, 3, 6, 7]).set(d);
}

interface BlockPlace {
  /** Cotangents of the first row. */
  readonly g: Local;
  /** First element of the block in the accumulator. */
  readonly target: Local;
  readonly strideBytes: Local;
  /** Of the panel. */
  readonly vectors: number;
}

/** [] -> []: adds to one block of the accumulator what the events of the panel give. */
function multiplyBlock(
  f: FunctionBuilder,
  lanes: Lanes,
  tile: number,
  { g, target, strideBytes, vectors }: BlockPlace,
  a: WeightGradientArguments,
): void {
  const rowBytes = tile * lanes.bytes;
  const [cotangent, input, end, row] = f.locals("i32", 4);
  const sums = Array.from({ length: BLOCK_ROWS }, () => f.locals("v128", vectors));
  const inputs = f.locals("v128", vectors);
  const splat = f.local("v128");
  for (const sum of sums.flat()) {
    lanes.constant(f, 0);
    f.set(sum);
  }
  f.get(a.panel).set(input);
  f.get(g).tee(cotangent).get(a.events).i32(lanes.bytes).op("i32.mul", "i32.add").set(end);
  f.loop((again) => {
    inputs.forEach((vector, c) => {
      f.get(input)
        .memory(lanes.load, 16 * c)
        .set(vector);
    });
    sums.forEach((rowSums, r) => {
      f.get(cotangent)
        .memory(lanes.splatLoad, r * rowBytes)
        .set(splat);
      rowSums.forEach((sum, c) => {
        f.get(splat)
          .get(inputs[c] as Local)
          .get(sum);
        lanes.madd(f);
        f.set(sum);
      });
    });
    f.increase(input, vectors * 16).increase(cotangent, lanes.bytes);
    f.get(cotangent).get(end).op("i32.lt_u").brIf(again);
  });
  f.get(target).set(row);
  for (const rowSums of sums) {
    // Loads before stores: only then are they one of 256 bits, where there is such a thing.
    rowSums.forEach((sum, c) => {
      f.get(row)
        .memory(lanes.load, 16 * c)
        .get(sum)
        .op(lanes.add)
        .set(sum);
    });
    rowSums.forEach((sum, c) => {
      f.get(row)
        .get(sum)
        .memory(lanes.store, 16 * c);
    });
    f.increase(row, strideBytes);
  }
}

export interface UnpackArguments {
  /** dW, row-major [rows, columns], overwritten. */
  readonly target: Local;
  /** What `emitWeightGradient` added to. */
  readonly accumulator: Local;
  /** [rows] of i32. */
  readonly prefix: Local;
  readonly rows: Local;
  readonly columns: Local;
  readonly stride: Local;
}

/** [] -> [] */
export function emitUnpackGradient(f: FunctionBuilder, lanes: Lanes, a: UnpackArguments): void {
  const [row, column, prefix, source, target] = f.locals("i32", 5);
  f.get(a.target).set(target);
  f.range(row, 0, a.rows, 1, () => {
    f.get(a.prefix).get(row).i32(2).op("i32.shl", "i32.add").memory("i32.load").set(prefix);
    f.get(a.accumulator).get(row).get(a.stride).op("i32.mul").i32(lanes.bytes).op("i32.mul", "i32.add").set(source);
    f.range(column, 0, a.columns, 1, () => {
      f.get(target).get(column).get(prefix).op("i32.lt_s");
      f.if(
        () => f.get(source).memory(lanes.scalarLoad),
        () => lanes.scalarConstant(f, 0),
        lanes.precision,
      );
      f.memory(lanes.scalarStore).increase(target, lanes.bytes).increase(source, lanes.bytes);
    });
  });
}
