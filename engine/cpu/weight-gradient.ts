/**
 * Gradients of a linear map's parameters, summed over the events of a tile: dW[o, i] += sum_e g[o, e] x[i, e] and
 * db[o] += sum_e g[o, e].
 *
 * dW is accumulated in rows of `stride` elements, the columns rounded up to BLOCK_COLUMNS, so that four sums are added at once;
 * what lies at or beyond a row's prefix there is not meaningful. `emitUnpackGradient` brings it to row-major [rows, columns]
 * with zeros beyond the prefix, once, after the last tile.
 */
import type { FunctionBuilder, Local } from "./assembler.js";
import type { Lanes } from "./lanes.js";
import { roundUp } from "./linear-pack.js";

/** 2 x 4 accumulators, for the reason `linear.ts` gives. Both divide BLOCK_ROWS, so tiles padded for it will do. */
const GRADIENT_ROWS = 2;
const BLOCK_COLUMNS = 4;

export interface WeightGradientPlan {
  /** Blocks of rows. */
  readonly blocks: number;
  /** [blocks] of i32: columns of each block, a multiple of BLOCK_COLUMNS. */
  readonly columns: Int32Array;
  /** Elements per row of the accumulator. */
  readonly stride: number;
  /** Elements of the accumulator, with padded rows and columns. */
  readonly elements: number;
}

/** @param prefix  number of leading columns each row of W uses [rows], at most `columns` */
export function planWeightGradient(prefix: ArrayLike<number>, columns: number): WeightGradientPlan {
  const lengths = Array.from(prefix);
  const blocks = Math.ceil(lengths.length / GRADIENT_ROWS);
  const stride = roundUp(columns, BLOCK_COLUMNS);
  const blockColumns = Int32Array.from({ length: blocks }, (_, block) => {
    const first = block * GRADIENT_ROWS;
    return roundUp(Math.max(...lengths.slice(first, first + GRADIENT_ROWS)), BLOCK_COLUMNS);
  });
  return { blocks, columns: blockColumns, stride, elements: blocks * GRADIENT_ROWS * stride };
}

export interface WeightGradientArguments {
  /** Accumulator, [rows rounded up to 2][stride], added to. */
  readonly accumulator: Local;
  /** Cotangent of the output, [rows rounded up to 2][events]. */
  readonly g: Local;
  /** Input, [columns rounded up to 4][events]. Padding rows may hold anything. */
  readonly x: Local;
  /** The table of `planWeightGradient`. */
  readonly columns: Local;
  readonly blocks: Local;
  readonly stride: Local;
}

/** [] -> [] */
export function emitWeightGradient(f: FunctionBuilder, lanes: Lanes, events: number, a: WeightGradientArguments): void {
  const rowBytes = events * lanes.bytes;
  const [block, column, columns, table, gRow, g, gEnd] = f.locals("i32", 7);
  const [x, xRow, target, rowTarget, strideBytes] = f.locals("i32", 5);
  const sums = Array.from({ length: GRADIENT_ROWS }, () => f.locals("v128", BLOCK_COLUMNS));
  const cotangents = f.locals("v128", GRADIENT_ROWS);
  const input = f.local("v128");

  f.get(a.stride).i32(lanes.bytes).op("i32.mul").set(strideBytes);
  f.get(a.columns).set(table).get(a.g).set(gRow).get(a.accumulator).set(rowTarget);
  f.range(block, 0, a.blocks, 1, () => {
    f.get(table).memory("i32.load").set(columns);
    f.address(gRow, rowBytes).set(gEnd);
    f.get(a.x).set(xRow).get(rowTarget).set(target);
    f.range(column, 0, columns, BLOCK_COLUMNS, () => {
      for (const sum of sums.flat()) {
        lanes.constant(f, 0);
        f.set(sum);
      }
      f.get(gRow).set(g).get(xRow).set(x);
      f.loop((again) => {
        cotangents.forEach((vector, r) => {
          f.get(g)
            .memory(lanes.load, r * rowBytes)
            .set(vector);
        });
        for (let c = 0; c < BLOCK_COLUMNS; c++) {
          f.get(x)
            .memory(lanes.load, c * rowBytes)
            .set(input);
          cotangents.forEach((vector, r) => {
            f.get(vector).get(input).get(sums[r][c]);
            lanes.madd(f);
            f.set(sums[r][c]);
          });
        }
        f.increase(x, 16).increase(g, 16).get(g).get(gEnd).op("i32.lt_u").brIf(again);
      });
      f.get(target).set(x);
      for (const rowSums of sums) {
        addFourSums(f, lanes, x, rowSums);
        f.increase(x, strideBytes);
      }
      f.increase(xRow, BLOCK_COLUMNS * rowBytes).increase(target, BLOCK_COLUMNS * lanes.bytes);
    });
    f.increase(table, 4).increase(gRow, GRADIENT_ROWS * rowBytes);
    for (let r = 0; r < GRADIENT_ROWS; r++) f.increase(rowTarget, strideBytes);
  });
}

/** [] -> []: adds the lane sums of four vectors to four consecutive elements at `address`. */
function addFourSums(f: FunctionBuilder, lanes: Lanes, address: Local, vectors: readonly Local[]): void {
  const [a, b, c, d] = vectors;
  const addTo = (offset: number, sum: () => void) => {
    f.get(address).get(address).memory(lanes.load, offset);
    sum();
    f.op(lanes.add).memory(lanes.store, offset);
  };
  if (lanes.precision === "f64") {
    const pair = (u: Local, v: Local) => () =>
      f.get(u).get(v).shuffle([0, 2]).get(u).get(v).shuffle([1, 3]).op("f64x2.add");
    addTo(0, pair(a, b));
    addTo(16, pair(c, d));
    return;
  }
  const pair = (u: Local, v: Local) =>
    f.get(u).get(v).shuffle([0, 4, 1, 5]).get(u).get(v).shuffle([2, 6, 3, 7]).op("f32x4.add");
  const [ab, cd] = [f.scratch("v128", "sums ab"), f.scratch("v128", "sums cd")];
  pair(a, b).set(ab);
  pair(c, d).set(cd);
  addTo(0, () => f.get(ab).get(cd).shuffle([0, 1, 4, 5]).get(ab).get(cd).shuffle([2, 3, 6, 7]).op("f32x4.add"));
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
