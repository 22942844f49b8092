/** What workers get: one module, one memory, and which of its functions to call on what. Plain data, posted as it is. */
import type { KernelCost } from "../runtime/kernel-times.js";
import type { Operation, Shape } from "../tape/tape.js";
import type { Precision } from "./assembly/lanes.js";
import type { WasmMemory, WasmModule } from "./assembly/webassembly.js";
import type { MemoryImage } from "./program-memory.js";

/** A node without its tape: what evaluating it takes. */
export interface PlainNode {
  readonly id: number;
  readonly operation: Operation;
  readonly shape: Shape;
  readonly inputs: readonly PlainNode[];
}

/** Parameters that kernels read, as numbers of the kernels' precision. */
export interface Upload {
  readonly node: number;
  readonly address: number;
  readonly size: number;
}

/** Weights rearranged for the linear kernel: `function(source, ...values)`, whenever the upload changed. */
export interface Pack {
  readonly node: number;
  readonly name: string;
  readonly values: readonly number[];
}

/** The gradient of one weight matrix: offsets of g and x in a tile, and of the sum in the accumulator. */
export interface WeightBlock {
  readonly g: number;
  readonly x: number;
  readonly into: number;
}

/** Calls that bring gradients of weight matrices from the first group's accumulator to their place. */
export interface Unpack {
  readonly address: number;
  readonly calls: readonly (readonly number[])[];
}

/** A sum over events: where it lies in a group's accumulator. */
export interface Accumulator {
  readonly node: number;
  /** Of a weight gradient; other sums are f64 one after another. */
  readonly weights?: Unpack;
  readonly offset: number;
  readonly size: number;
  /** Elements of the sum that no event changes: they count once per event. */
  readonly perEvent?: { readonly node: number; readonly rows: Int32Array } | { readonly value: number };
}

/** A pass in parts that are timed: the number of each among the timed kernels. */
export interface TimedPass {
  readonly columns: number | undefined;
  /** Exported functions like that of the whole pass, to be called in its place. */
  readonly calls: readonly { readonly name: string; readonly kernel: number }[];
  readonly outputs: number | undefined;
}

export interface PassPlan {
  readonly set: string;
  /** Exported function (base of the thread's scratch, number of events, accumulator of the group); absent where timed. */
  readonly name: string;
  readonly timed: TimedPass | undefined;
  readonly columns: readonly { readonly label: string; readonly rows: number; readonly offset: number }[];
  /** Byte offset of every row of a per-event output, relative to the thread's scratch. */
  readonly outputs: readonly { readonly node: number; readonly rows: Int32Array }[];
  readonly uploads: readonly Upload[];
  readonly packs: readonly Pack[];
  readonly sums: readonly Accumulator[];
  /** Bytes at the start of an accumulator that hold weight gradients. */
  readonly weightBytes: number;
}

export interface LevelPlan {
  readonly parameters: readonly PlainNode[];
  readonly passes: readonly PassPlan[];
}

/** A parameter's new value: in memory already, if the update stage computed it. */
export interface UpdatePlan {
  readonly label: string;
  readonly node: number;
  readonly size: number;
  /** Where the update stage left it, and where kernels read the parameter, if they do. */
  readonly from?: number;
  readonly to?: number;
}

export interface Plan {
  readonly precision: Precision;
  readonly levels: readonly LevelPlan[];
  /** Events per tile at most: whole blocks. */
  readonly tile: number;
  /** Numbers from one row of a tile to the next. */
  readonly rowNumbers: number;
  /** Events fall into this many groups, whatever the number of threads. */
  readonly groups: number;
  /** Fewer where each would have fewer events than these. */
  readonly leastGroup: number;
  readonly accumulators: number;
  readonly accumulatorBytes: number;
  readonly scratch: number;
  readonly scratchBytes: number;
  /** Where threads count the times of kernels, one thread after another, and bytes of each; absent where nothing is timed. */
  readonly clocks: { readonly address: number; readonly bytes: number; readonly kernels: number } | undefined;
  readonly outputs: Readonly<
    Record<string, { readonly node: number; readonly size: number; readonly isEvents: boolean }>
  >;
  /** Exported functions of the update stage, and what they read. */
  readonly updateKernels: readonly string[];
  readonly updateUploads: readonly Upload[];
  readonly updates: readonly UpdatePlan[];
}

export interface CompiledProgram {
  readonly plan: Plan;
  readonly module: WasmModule;
  /** The memory that all workers share, or what the only worker makes its own of. */
  readonly memory: WasmMemory | MemoryImage;
  readonly description: string;
  /** What is timed, if anything is. */
  readonly kernels: readonly KernelCost[];
}
