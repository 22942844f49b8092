/**
 * What one core gives in WebAssembly, and how much of it the linear kernels of the cpu backend get.
 *
 * The roofline: a loop of nothing but multiply-adds, and a hand-written dense linear map of 128 x 128 in cache, the best of
 * a few blockings. The kernels are timed alternately with the second and printed as a ratio to it. GFLOP/s count a
 * multiply-add as two, and with a prefix mask only what lies within it.
 */
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { wantsWide } from "../cli/command/wide.js";
import { multiplyAddLoop, prepare, type RateSampler } from "../cli/roofline/webassembly.js";
import type { FunctionBuilder } from "../engine/cpu/assembly/assembler.js";
import { type Lanes, lanesOf, type Precision, type Simd } from "../engine/cpu/assembly/lanes.js";
import { hasRelaxedSimd } from "../engine/cpu/assembly/simd.js";
import { emitLinear } from "../engine/cpu/kernels/linear.js";
import { BLOCK_ROWS, planPack, roundUp } from "../engine/cpu/kernels/linear-pack.js";
import { emitWeightGradient, planWeightGradient } from "../engine/cpu/kernels/weight-gradient.js";
import { allowWide } from "../engine/cpu/wide.js";

const SIZE = 128;

/** y = W x, 128 x 128, all strides known at compile time, `rows` x `vectors` accumulators, weights packed in that order. */
function handWritten(lanes: Lanes, events: number, rows: number, vectors: number): Promise<RateSampler> {
  const rowBytes = events * lanes.bytes;
  const panelBytes = SIZE * rows * lanes.bytes;
  const [xAt, yAt, weightsAt] = [0, SIZE * rowBytes, 2 * SIZE * rowBytes];
  return prepare(2 * SIZE * SIZE * events, (f) => {
    const [panel, event, x, weight, end, y] = f.locals("i32", 6);
    const sums = Array.from({ length: rows }, () => f.locals("v128", vectors));
    const inputs = f.locals("v128", vectors);
    const splat = f.local("v128");
    f.range(panel, 0, SIZE / rows, 1, () => {
      f.range(event, 0, rowBytes, 16 * vectors, () => {
        for (const sum of sums.flat()) {
          lanes.constant(f, 0);
          f.set(sum);
        }
        f.get(event).set(x).get(panel).i32(panelBytes).op("i32.mul").tee(weight).i32(panelBytes).op("i32.add").set(end);
        f.loop((again) => {
          inputs.forEach((input, c) => {
            f.get(x)
              .memory(lanes.load, xAt + 16 * c)
              .set(input);
          });
          sums.forEach((rowSums, r) => {
            f.get(weight)
              .memory(lanes.splatLoad, weightsAt + r * lanes.bytes)
              .set(splat);
            rowSums.forEach((sum, c) => {
              f.get(splat).get(inputs[c]).get(sum);
              lanes.madd(f);
              f.set(sum);
            });
          });
          f.increase(x, rowBytes).increase(weight, rows * lanes.bytes);
          f.get(weight).get(end).op("i32.lt_u").brIf(again);
        });
        f.get(panel)
          .i32(rows * rowBytes)
          .op("i32.mul")
          .get(event)
          .op("i32.add")
          .set(y);
        sums.forEach((rowSums, r) => {
          rowSums.forEach((sum, c) => {
            f.get(y)
              .get(sum)
              .memory(lanes.store, yAt + r * rowBytes + 16 * c);
          });
        });
      });
    });
  });
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/** The fastest of the blockings that fit the registers, by median. */
export async function handWrittenLinear(lanes: Lanes, events: number): Promise<RateSampler> {
  const candidates = [await handWritten(lanes, events, 4, lanes.blockVectors), await handWritten(lanes, events, 2, 4)];
  const speeds = candidates.map((sample) => median(Array.from({ length: 15 }, sample)));
  return candidates[speeds.indexOf(Math.max(...speeds))]!;
}

export interface LinearPeak {
  /** GFLOP/s of the hand-written linear map. */
  readonly linear: number;
  /** GFLOP/s of the pure multiply-add loop. */
  readonly multiplyAdd: number;
}

/** Medians over `rounds`, the two timed alternately. Takes about 0.2 s. */
export async function measureLinearPeak(lanes: Lanes, events: number, rounds = 41): Promise<LinearPeak> {
  const [linear, multiplyAdd] = [await handWrittenLinear(lanes, events), await multiplyAddLoop(lanes)];
  const samples = Array.from({ length: rounds }, () => ({ linear: linear(), multiplyAdd: multiplyAdd() }));
  return { linear: median(samples.map((s) => s.linear)), multiplyAdd: median(samples.map((s) => s.multiplyAdd)) };
}

export interface Shape {
  readonly name: string;
  readonly columns: number;
  readonly prefix: readonly number[];
}

export const dense = (rows: number, columns: number): Shape => ({
  name: `${columns} -> ${rows}`,
  columns,
  prefix: Array(rows).fill(columns),
});

export const prefixMasked = (rows: number, columns: number, degrees: number): Shape => ({
  name: `${columns} -> ${rows}, ${degrees} steps`,
  columns,
  prefix: Array.from({ length: rows }, (_, row) =>
    Math.ceil((columns * (1 + Math.floor((degrees * row) / rows))) / degrees),
  ),
});

const shapes: readonly Shape[] = [
  ...[64, 96, 128, 160].map((size) => dense(size, size)),
  prefixMasked(128, 128, 4),
  ...[4, 8, 10].map((columns) => dense(128, columns)),
  prefixMasked(92, 128, 4),
  prefixMasked(178, 128, 2),
];

/** Samplers of the three kernels on one shape; memory: tables, then weights or accumulator, then two tiles and a panel. */
async function kernelSamplers(lanes: Lanes, events: number, { columns, prefix }: Shape) {
  const flops = 2 * events * prefix.reduce((sum, length) => sum + length, 0);
  const rows = prefix.length;
  const weightBytes =
    2 * (roundUp(rows, BLOCK_ROWS) + BLOCK_ROWS) * (roundUp(columns, BLOCK_ROWS) + BLOCK_ROWS) * lanes.bytes;
  const [tableAt, weightsAt] = [0, 4096];
  const inputAt = roundUp(weightsAt + weightBytes, 64);
  const outputAt = inputAt + roundUp(Math.max(rows, columns), 2 * BLOCK_ROWS) * events * lanes.bytes;
  const panelAt = outputAt + roundUp(Math.max(rows, columns), 2 * BLOCK_ROWS) * events * lanes.bytes;
  const pointer = (f: FunctionBuilder, value: number) => {
    const local = f.local("i32");
    f.i32(value).set(local);
    return local;
  };
  const writeTable = (f: FunctionBuilder, values: Int32Array) =>
    values.forEach((value, i) => {
      f.i32(tableAt)
        .i32(value)
        .memory("i32.store", 4 * i);
    });
  const linear = (direction: "forward" | "transposed") =>
    prepare(flops, (f) => {
      const { ranges, blocks } = planPack(direction, prefix, columns);
      writeTable(f, ranges);
      emitLinear(f, lanes, events, {
        y: pointer(f, outputAt),
        x: pointer(f, inputAt),
        packed: pointer(f, weightsAt),
        ranges: pointer(f, tableAt),
        blocks: pointer(f, blocks),
      });
    });
  const weightGradient = prepare(flops, (f) => {
    const plan = planWeightGradient(lanes, prefix, columns);
    writeTable(f, plan.columns);
    emitWeightGradient(f, lanes, events, {
      accumulator: pointer(f, weightsAt),
      g: pointer(f, outputAt),
      x: pointer(f, inputAt),
      events: pointer(f, events),
      columns: pointer(f, tableAt),
      blocks: pointer(f, plan.blocks),
      stride: pointer(f, plan.stride),
      panel: pointer(f, panelAt),
    });
  });
  return [await linear("forward"), await linear("transposed"), await weightGradient];
}

async function report(precision: Precision, simd: Simd): Promise<void> {
  const lanes = lanesOf(precision, simd);
  const width = lanes.blockVectors === 2 ? "" : ", 256-bit code";
  console.log(`\n${precision}, ${simd.relaxed ? "fused multiply-add" : "multiply and add"}${width}`);
  for (const events of [64, 96, 128]) {
    const peak = await measureLinearPeak(lanes, events);
    console.log(
      `tile of ${events}: multiply-add loop ${peak.multiplyAdd.toFixed(1)}, ` +
        `hand-written linear ${peak.linear.toFixed(1)} GFLOP/s; ratios to the latter (median, quartiles):`,
    );
    const reference = await handWrittenLinear(lanes, events);
    for (const shape of shapes) {
      const columns = (await kernelSamplers(lanes, events, shape)).map((sample) => {
        const ratios = Array.from({ length: 31 }, () => sample() / reference()).sort((a, b) => a - b);
        const [low, middle, high] = [7, 15, 23].map((rank) => ratios[rank]!.toFixed(2));
        return `${middle} (${low}-${high})`;
      });
      console.log(`  ${shape.name.padEnd(22)} linear ${columns[0]}  transposed ${columns[1]}  weights ${columns[2]}`);
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const relaxed = await hasRelaxedSimd();
  console.log(`${cpus()[0]?.model}, Node ${process.version}, V8 ${process.versions.v8}, relaxed SIMD ${relaxed}`);
  const wide = wantsWide() ? await allowWide(relaxed) : "none";
  for (const precision of ["f32", "f64"] as const) await report(precision, { relaxed, wide });
  if (relaxed) await report("f32", { relaxed: false, wide: "none" });
}
