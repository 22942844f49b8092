/**
 * Linear maps of a tile of events, `[rows][events]` contiguous, through weights packed by blocks of rows.
 *
 * A block of BLOCK_ROWS output rows multiplies input rows [first, end) of its own: a prefix mask costs what lies within it. For 8
 * accumulators of 4 rows x 2 vectors (`Lanes.blockVectors`) the inner loop needs 14 of the 16 vector registers, and V8 spills
 * nothing; larger blocks and unrolled loops lose a third of the speed to spills, because all loads are scheduled before the
 * arithmetic. The events of a tile are a multiple of the vectors of a block.
 *
 * The same kernel computes the gradient of the input, on the transposed pack (`linear-pack.ts`).
 */
import type { FunctionBuilder, Local } from "../assembly/assembler.js";
import type { Lanes } from "../assembly/lanes.js";
import { BLOCK_ROWS } from "./linear-pack.js";

export interface LinearArguments {
  /** Output tile, [rows rounded up to BLOCK_ROWS][events]; rows beyond the last get 0 before the epilogue. */
  readonly y: Local;
  /** Input tile, [columns][events]. */
  readonly x: Local;
  /** Weights and bias as `emitPack` lays them out. */
  readonly packed: Local;
  /** [blocks][2] of i32: first and end input row of each block. */
  readonly ranges: Local;
  readonly blocks: Local;
}

/** Where the vector on the stack belongs: `row + rowInBlock` and byte `position + immediate` of the tile. */
export interface EpiloguePlace {
  /** First row of the block. */
  readonly row: Local;
  readonly rowInBlock: number;
  /** Bytes from the start of a tile of the output's shape, to be added to its address. */
  readonly position: Local;
  /** Bytes beyond `position`, for the offset of a load or store. */
  readonly immediate: number;
}

/** [v] -> v': what is done to a result before it is stored. May use any local of the function; must keep `place`'s. */
export type Epilogue = (f: FunctionBuilder, place: EpiloguePlace) => void;

/** [] -> []: y[o, e] = bias[o] + sum over i in the block's range of W[o, i] x[i, e]. */
export function emitLinear(
  f: FunctionBuilder,
  lanes: Lanes,
  events: number,
  { y, x, packed, ranges, blocks }: LinearArguments,
  epilogue: Epilogue = () => {},
): void {
  const rowBytes = events * lanes.bytes;
  const stepBytes = BLOCK_ROWS * lanes.bytes;
  if (events % (lanes.blockVectors * lanes.width) !== 0) throw new Error(`internal: tile of ${events} events`);
  const [block, row, range, weights, lastStep, firstInput, event] = f.locals("i32", 7);
  const [weight, input, rowPosition, position, output] = f.locals("i32", 5);
  const sums = Array.from({ length: BLOCK_ROWS }, () => f.locals("v128", lanes.blockVectors));
  const inputs = f.locals("v128", lanes.blockVectors);
  const splat = f.local("v128");

  const multiplyRange = () =>
    f.loop((again) => {
      inputs.forEach((vector, c) => {
        f.get(input)
          .memory(lanes.load, 16 * c)
          .set(vector);
      });
      sums.forEach((rowSums, r) => {
        f.get(weight)
          .memory(lanes.splatLoad, stepBytes + r * lanes.bytes)
          .set(splat);
        rowSums.forEach((sum, c) => {
          f.get(splat).get(inputs[c]!).get(sum);
          lanes.madd(f);
          f.set(sum);
        });
      });
      f.increase(input, rowBytes).increase(weight, stepBytes);
      f.get(weight).get(lastStep).op("i32.lt_u").brIf(again);
    });

  f.get(packed).set(weights).get(ranges).set(range);
  f.i32(0).set(row).i32(0).set(rowPosition);
  f.range(block, 0, blocks, 1, () => {
    f.get(x).get(range).memory("i32.load").i32(rowBytes).op("i32.mul", "i32.add").set(firstInput);
    f.get(range).memory("i32.load", 4).get(range).memory("i32.load").op("i32.sub").i32(stepBytes).op("i32.mul");
    f.get(weights).op("i32.add").set(lastStep);
    f.range(event, 0, rowBytes, lanes.blockVectors * 16, () => {
      sums.forEach((rowSums, r) => {
        f.get(weights)
          .memory(lanes.splatLoad, r * lanes.bytes)
          .set(rowSums[0]!);
        for (const sum of rowSums.slice(1)) f.get(rowSums[0]!).set(sum);
      });
      f.get(firstInput).get(event).op("i32.add").set(input);
      f.get(weights).tee(weight).get(lastStep).op("i32.lt_u").if(multiplyRange);
      f.get(rowPosition).get(event).op("i32.add").tee(position).get(y).op("i32.add").set(output);
      sums.forEach((rowSums, r) => {
        rowSums.forEach((sum, c) => {
          const immediate = r * rowBytes + 16 * c;
          f.get(output).get(sum);
          epilogue(f, { row, rowInBlock: r, position, immediate });
          f.memory(lanes.store, immediate);
        });
      });
    });
    f.address(lastStep, stepBytes).set(weights);
    f.increase(range, 8)
      .increase(row, BLOCK_ROWS)
      .increase(rowPosition, BLOCK_ROWS * rowBytes);
  });
}
