/**
 * 256-bit code. V8 on x64 has a pass that makes one instruction of two alike on adjacent vectors, behind a flag: it is
 * experimental there. So it is taken where it has been tried (`TRIED`), where a small module that uses it gives the same bits as
 * plain code, and where it is faster: it is not on a processor without AVX2, on which V8 leaves the code as it is.
 */
import { host } from "#cpu-host";
import { type FunctionBuilder, ModuleBuilder } from "./assembly/assembler.js";
import { type Lanes, lanesOf, type Wide } from "./assembly/lanes.js";
import { type WasmInstance, wasm } from "./assembly/webassembly.js";
import { scalarFunctions } from "./functions/scalar-functions.js";
import { emitLinear } from "./kernels/linear.js";
import { BLOCK_ROWS } from "./kernels/linear-pack.js";
import { memoryOf } from "./program-memory.js";

/**
 * Versions of V8 of which random programs gave the same bits with and without the pass (`test/engine/cpu/wide.test.ts`), and the kernels
 * of which they did: that of Node 24 (13.6) gets some fused kernels in f64 wrong.
 */
const TRIED: Readonly<Record<string, Wide>> = { "13.6": "linear", "14.6": "all" };

/** Events of the check, inputs of its linear map, and how often its functions repeat the work in a call: some 0.1 ms. */
const [EVENTS, INPUTS, REPEATS] = [64, 128, 32];
/** How much faster the check must be than in plain code: 1.4 to 1.7 is usual, 1 the best without AVX2. */
const GAIN = 1.2;
/** Longest that the check waits for V8 to optimise it, in milliseconds, of which it takes some ten. */
const PATIENCE = 200;

const BYTES = 4;
const ROW = EVENTS * BYTES;
const place = (() => {
  const [ranges, packed] = [0, 64];
  const x = packed + 4096;
  const y = x + INPUTS * ROW;
  return { ranges, packed, x, y, end: y + BLOCK_ROWS * ROW };
})();

/** (repeats): a block of a linear map, then log(1 + e^y) of what it gives. */
function checkModule(lanes: Lanes): Uint8Array {
  const module = new ModuleBuilder();
  module.importMemory("env", "memory", { min: 1 });
  const linear = module.internalFunction("linear", ["i32", "i32", "i32", "i32", "i32"], []);
  const [y, x, packed, ranges, blocks] = [0, 1, 2, 3, 4].map((at) => linear.param(at));
  emitLinear(linear, lanes, EVENTS, { y: y!, x: x!, packed: packed!, ranges: ranges!, blocks: blocks! });
  const f = module.exportedFunction("check", ["i32"], []);
  const repeat = f.local("i32");
  f.range(repeat, 0, f.param(0), 1, () => {
    f.i32(place.y).i32(place.x).i32(place.packed).i32(place.ranges).i32(1).call(linear);
    softplus(f, lanes);
  });
  return module.build();
}

function softplus(f: FunctionBuilder, lanes: Lanes): void {
  const at = f.local("i32");
  const values = f.locals("v128", lanes.fusedVectors);
  const argument = f.local("v128");
  f.range(at, place.y, place.end, 16 * values.length, () => {
    values.forEach((value, v) => {
      f.get(at)
        .memory(lanes.load, 16 * v)
        .set(value);
    });
    for (const value of values) {
      scalarFunctions.exp.emit(f, lanes, value);
      lanes.constant(f, 1);
      f.op(lanes.add).set(argument);
      scalarFunctions.log.emit(f, lanes, argument);
      f.set(value);
    }
    values.forEach((value, v) => {
      f.get(at)
        .get(value)
        .memory(lanes.store, 16 * v);
    });
  });
}

/** One of the two codes of the check, in a memory of its own. */
class Contestant {
  private readonly check: (repeats: number) => number;
  private readonly numbers: Float32Array;

  constructor(
    instance: WasmInstance,
    readonly memory: ArrayBuffer,
  ) {
    this.check = instance.exports.check as (repeats: number) => number;
    this.numbers = new Float32Array(memory);
    new Int32Array(memory).set([0, INPUTS], place.ranges / 4);
    const steps = BLOCK_ROWS * (INPUTS + 1);
    for (let i = 0; i < steps; i++) this.numbers[place.packed / BYTES + i] = Math.sin(i + 1);
    for (let i = 0; i < INPUTS * EVENTS; i++) this.numbers[place.x / BYTES + i] = Math.cos(0.7 * i);
  }

  /** Milliseconds of a call. */
  time(): number {
    const start = performance.now();
    this.check(REPEATS);
    return performance.now() - start;
  }

  bits(): Int32Array {
    this.check(1);
    return new Int32Array(this.memory, place.y, (place.end - place.y) / 4).slice();
  }
}

async function contestant(relaxed: boolean, wide: Wide): Promise<Contestant> {
  const module = await wasm.compile(checkModule(lanesOf("f32", { relaxed, wide })));
  const memory = memoryOf({ pages: 1, contents: [] }, false);
  return new Contestant(new wasm.Instance(module, { env: { memory } }), memory.buffer as ArrayBuffer);
}

/** Whether wide code gives what plain code gives, sooner. Its first call is not optimised yet: that is the plain code. */
async function helps(relaxed: boolean, wide: Wide): Promise<boolean> {
  const [plain, fast] = [await contestant(relaxed, "none"), await contestant(relaxed, wide)];
  const expected = plain.bits();
  const best = { plain: Number.POSITIVE_INFINITY, fast: Number.POSITIVE_INFINITY };
  const end = performance.now() + PATIENCE;
  while (performance.now() < end) {
    for (let i = 0; i < 8; i++) {
      best.plain = Math.min(best.plain, plain.time());
      best.fast = Math.min(best.fast, fast.time());
    }
    if (!fast.bits().every((value, i) => value === expected[i])) return false;
    if (best.plain > GAIN * best.fast) return true;
    // V8 optimises on other threads, and hands over between calls.
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return false;
}

async function find(relaxed: boolean): Promise<Wide> {
  const tried = TRIED[host.wideEngine() ?? ""];
  // Nor is there a processor with 256-bit instructions that has no fused multiply-add.
  if (tried === undefined || !relaxed) return "none";
  host.allowWide(true);
  if (await helps(relaxed, tried)) return tried;
  host.allowWide(false);
  return "none";
}

let found: Promise<Wide> | undefined;

/** Switches 256-bit code on for the process, workers included, and says for which kernels to use it. Takes some 10 ms, once. */
export function allowWide(relaxed: boolean): Promise<Wide> {
  found ??= find(relaxed);
  return found;
}
