/**
 * How `emitLinear` wants weights: per block of BLOCK_ROWS output rows its biases, then for each input row of its range the
 * BLOCK_ROWS weights. A prefix mask is a prefix length per row of W: weights at or beyond the prefix count as 0, whatever is
 * stored there.
 */
import type { FunctionBuilder, Local } from "../assembly/assembler.js";
import type { Lanes } from "../assembly/lanes.js";

/** Output rows per block; tiles are allocated with rows rounded up to a multiple of it. */
export const BLOCK_ROWS = 4;

/** "forward": W x. "transposed": the gradient of x, W^T g. */
export type PackDirection = "forward" | "transposed";

export interface PackPlan {
  readonly blocks: number;
  /** [blocks][2]: first and end input row, the table `emitLinear` and `emitPack` read. */
  readonly ranges: Int32Array;
  /** [blocks + 1]: elements before each block, and in all. */
  readonly offsets: Int32Array;
}

export function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

/**
 * Ranges of the blocks of W [rows, columns] or of its transpose. They hold every weight within the prefixes; they are tight
 * where neighbouring rows have similar prefixes, as units sorted by degree have.
 *
 * @param prefix  number of leading columns each row of W uses [rows], at most `columns`
 */
export function planPack(direction: PackDirection, prefix: ArrayLike<number>, columns: number): PackPlan {
  const lengths = Array.from(prefix);
  const outputs = direction === "forward" ? lengths.length : columns;
  const blocks = Math.ceil(outputs / BLOCK_ROWS);
  const ranges = new Int32Array(2 * blocks);
  const offsets = new Int32Array(blocks + 1);
  for (let block = 0; block < blocks; block++) {
    const first = block * BLOCK_ROWS;
    if (direction === "forward") ranges[2 * block + 1] = Math.max(...lengths.slice(first, first + BLOCK_ROWS));
    else {
      // Column `first` has the most rows within the prefixes of its block.
      ranges[2 * block] = Math.max(
        0,
        lengths.findIndex((length) => length > first),
      ); // none: [0, 0)
      ranges[2 * block + 1] = lengths.findLastIndex((length) => length > first) + 1;
    }
    const steps = ranges[2 * block + 1]! - ranges[2 * block]!;
    offsets[block + 1] = offsets[block]! + BLOCK_ROWS * (1 + steps);
  }
  return { blocks, ranges, offsets };
}

export interface PackArguments {
  readonly packed: Local;
  /** W, row-major [rows, columns]. */
  readonly weights: Local;
  /** [rows], or address 0: no bias. Read in the forward direction only. */
  readonly bias: Local;
  /** [rows] of i32. */
  readonly prefix: Local;
  /** The table of `planPack`, as for `emitLinear`. */
  readonly ranges: Local;
  readonly rows: Local;
  readonly columns: Local;
}

/** [] -> []: writes the pack that `planPack` planned. */
export function emitPack(f: FunctionBuilder, lanes: Lanes, direction: PackDirection, a: PackArguments): void {
  const [first, lane, output, input, end, range, target] = f.locals("i32", 7);
  const outputs = direction === "forward" ? a.rows : a.columns;
  const [row, column] = direction === "forward" ? [output, input] : [input, output];

  const store = (address: () => void) => {
    f.get(target);
    address();
    f.memory(lanes.scalarStore).increase(target, lanes.bytes);
  };
  const zero = () => lanes.scalarConstant(f, 0);
  const scalar = lanes.precision;
  const biasValue = () => {
    if (direction === "transposed") return zero();
    f.get(output).get(outputs).op("i32.lt_s").get(a.bias).i32(0).op("i32.ne", "i32.and");
    f.if(() => elementAt(f, lanes, a.bias, output), zero, scalar);
  };
  const weightValue = () => {
    // The last block's rows beyond the matrix are 0: there is no prefix to read.
    const inside = () =>
      f.get(column).get(a.prefix).get(row).i32(2).op("i32.shl", "i32.add").memory("i32.load").op("i32.lt_s");
    f.get(output)
      .get(outputs)
      .op("i32.lt_s")
      .if(inside, () => f.i32(0), "i32");
    const value = () => {
      f.get(a.weights).get(row).get(a.columns).op("i32.mul").get(column).op("i32.add").i32(lanes.bytes);
      f.op("i32.mul", "i32.add").memory(lanes.scalarLoad);
    };
    f.if(value, zero, scalar);
  };
  const eachLane = (value: () => void) =>
    f.range(lane, 0, BLOCK_ROWS, 1, () => {
      f.get(first).get(lane).op("i32.add").set(output);
      store(value);
    });

  f.get(a.packed).set(target).get(a.ranges).set(range);
  f.range(first, 0, outputs, BLOCK_ROWS, () => {
    eachLane(biasValue);
    f.get(range).memory("i32.load").set(input).get(range).memory("i32.load", 4).set(end);
    f.range(input, input, end, 1, () => eachLane(weightValue));
    f.increase(range, 8);
  });
}

/** [] -> base[index], one scalar. */
function elementAt(f: FunctionBuilder, lanes: Lanes, base: Local, index: Local): void {
  f.get(base).get(index).i32(lanes.bytes).op("i32.mul", "i32.add").memory(lanes.scalarLoad);
}
