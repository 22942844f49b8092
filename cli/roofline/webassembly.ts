/** Loops of WebAssembly that do one thing as fast as a core can. */
import { type FunctionBuilder, ModuleBuilder } from "../../engine/cpu/assembly/assembler.js";
import type { Lanes } from "../../engine/cpu/assembly/lanes.js";
import { wasm } from "../../engine/cpu/assembly/webassembly.js";

/** Times one call of about a millisecond and returns billions per second of what it does, such as GFLOP/s. */
export type RateSampler = () => number;

const PAGES = 64;
/** Work of a call that takes about a millisecond. */
const SAMPLE_WORK = 4e7;

/**
 * Compiles `main(repeats)` and waits for the optimising tier.
 *
 * @param work  floating-point operations or bytes of the body
 */
export async function prepare(work: number, body: (f: FunctionBuilder) => void): Promise<RateSampler> {
  const module = new ModuleBuilder();
  module.importMemory("env", "memory", { min: PAGES });
  const f = module.exportedFunction("main", ["i32"], []);
  const repeat = f.local("i32");
  f.range(repeat, 0, f.param(0), 1, () => body(f));
  const memory = new wasm.Memory({ initial: PAGES });
  const instance = new wasm.Instance(await wasm.compile(module.build()), { env: { memory } });
  const main = instance.exports.main!;
  const repeats = Math.ceil(SAMPLE_WORK / work);
  for (let i = 0; i < 24; i++) {
    main(Math.ceil(repeats / 8));
    if (i % 6 === 5) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return () => {
    const start = performance.now();
    main(repeats);
    return (work * repeats) / (performance.now() - start) / 1e6;
  };
}

/** Multiply-adds on ten accumulators in registers, each of one vector, or of two that are stored side by side. */
export function multiplyAddLoop(lanes: Lanes): Promise<RateSampler> {
  const rounds = 1000;
  const vectors = lanes.blockVectors / 2;
  return prepare(2 * lanes.width * 10 * vectors * rounds, (f) => {
    const accumulators = f.locals("v128", 10 * vectors);
    const round = f.local("i32");
    const factor = f.local("v128");
    f.get(f.param(0)).op(`${lanes.precision}.convert_i32_s`, lanes.splat).set(factor);
    f.range(round, 0, rounds, 1, () => {
      for (const accumulator of accumulators) {
        f.get(factor).get(factor).get(accumulator);
        lanes.madd(f);
        f.set(accumulator);
      }
    });
    accumulators.forEach((accumulator, a) => {
      f.i32(0)
        .get(accumulator)
        .memory(lanes.store, 16 * a);
    });
  });
}

/** Vectors that a turn of the copying loop moves. */
const UNROLLED = 8;

/**
 * Copies so many bytes, read and written bytes both counted.
 *
 * @param bytes  a multiple of 128, at most 2 MiB
 */
export function copyLoop(lanes: Lanes, bytes: number): Promise<RateSampler> {
  return prepare(2 * bytes, (f) => {
    const at = f.local("i32");
    f.range(at, 0, bytes, 16 * UNROLLED, () => {
      for (let i = 0; i < UNROLLED; i++) {
        f.get(at)
          .get(at)
          .memory(lanes.load, 16 * i)
          .memory(lanes.store, bytes + 16 * i);
      }
    });
  });
}
