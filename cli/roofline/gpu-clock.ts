/**
 * GPU time of what the backend submits, which itself knows nothing of clocks: a device that is opened under watch notes when
 * each of its compute passes begins and ends.
 */
import { openGpu } from "../../engine/webgpu/host-node.js";
import { elapsed, type Quartiles, quartiles } from "./statistics.js";

/** Compute passes that one measurement may have: a query set holds 4096 stamps. */
const CAPACITY = 2048;
/** Bits of the WebGPU specification, which Node has not as globals. */
const usage = { mapRead: 1, copySource: 4, copyTarget: 8, queryResolve: 512 } as const;
const MAP_READ = 1;

export class PassClock {
  private readonly stamps: GPUQuerySet;
  private readonly resolved: GPUBuffer;
  private readonly back: GPUBuffer;
  private passes = 0;
  private isRunning = false;
  private bits = 0n;

  constructor(private readonly gpu: GPUDevice) {
    this.stamps = gpu.createQuerySet({ type: "timestamp", count: 2 * CAPACITY });
    this.resolved = gpu.createBuffer({ size: 16 * CAPACITY, usage: usage.queryResolve | usage.copySource });
    this.back = gpu.createBuffer({ size: 16 * CAPACITY, usage: usage.mapRead | usage.copyTarget });
    const createCommandEncoder = gpu.createCommandEncoder.bind(gpu);
    gpu.createCommandEncoder = (descriptor) => {
      const encoder = createCommandEncoder(descriptor);
      const beginComputePass = encoder.beginComputePass.bind(encoder);
      encoder.beginComputePass = (pass) => beginComputePass({ ...pass, ...this.next() });
      return encoder;
    };
  }

  private next(): GPUComputePassDescriptor {
    if (!this.isRunning) return {};
    if (this.passes === CAPACITY) throw new Error(`gpu: more than ${CAPACITY} compute passes in one measurement`);
    const at = 2 * this.passes++;
    return {
      timestampWrites: { querySet: this.stamps, beginningOfPassWriteIndex: at, endOfPassWriteIndex: at + 1 },
    };
  }

  start(): void {
    this.isRunning = true;
    this.passes = 0;
  }

  /** Milliseconds that the passes since the start took together, waits between them left out. */
  async stop(): Promise<number> {
    this.isRunning = false;
    const { gpu, back, passes } = this;
    if (passes === 0) return 0;
    const encoder = gpu.createCommandEncoder();
    encoder.resolveQuerySet(this.stamps, 0, 2 * passes, this.resolved, 0);
    encoder.copyBufferToBuffer(this.resolved, 0, back, 0, 16 * passes);
    gpu.queue.submit([encoder.finish()]);
    await back.mapAsync(MAP_READ, 0, 16 * passes);
    const stamps = new BigInt64Array(back.getMappedRange(0, 16 * passes).slice(0));
    back.unmap();
    let nanoseconds = 0;
    for (let at = 0; at < 2 * passes; at += 2) {
      const [begin, end] = [stamps[at] as bigint, stamps[at + 1] as bigint];
      this.bits |= begin | end;
      nanoseconds += Number(end - begin);
    }
    return nanoseconds / 1e6;
  }

  /** What all stamps so far were multiples of, a power of two in nanoseconds: browsers' shield against spying. */
  get grain(): number {
    return Number(this.bits & -this.bits);
  }
}

export interface AdapterFacts {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  /** Driver and version, in the driver's words. */
  readonly description: string;
  readonly largestBinding: number;
  readonly hasSubgroups: boolean;
}

export interface Watched<T> {
  readonly opened: T;
  readonly gpu: GPUDevice;
  readonly adapter: AdapterFacts;
  /** Absent where the adapter has no clock. */
  readonly clock: PassClock | undefined;
}

function factsOf({ info, limits, features }: GPUAdapter): AdapterFacts {
  const { vendor, architecture, device, description } = info;
  const largestBinding = limits.maxStorageBufferBindingSize;
  return { vendor, architecture, device, description, largestBinding, hasSubgroups: features.has("subgroups") };
}

/** Opens what opens one device, with a clock on that device. */
export async function watched<T>(open: () => Promise<T>): Promise<Watched<T>> {
  const entry = await openGpu();
  const { requestAdapter } = entry;
  let found: Omit<Watched<T>, "opened"> | undefined;
  entry.requestAdapter = async (options) => {
    const adapter = await requestAdapter.call(entry, options);
    if (adapter === null) return null;
    const requestDevice = adapter.requestDevice.bind(adapter);
    adapter.requestDevice = async (descriptor) => {
      const features = new Set(descriptor?.requiredFeatures);
      if (adapter.features.has("timestamp-query")) features.add("timestamp-query");
      const gpu = await requestDevice({ ...descriptor, requiredFeatures: [...features] });
      found = {
        gpu,
        adapter: factsOf(adapter),
        clock: features.has("timestamp-query") ? new PassClock(gpu) : undefined,
      };
      return gpu;
    };
    return adapter;
  };
  try {
    const opened = await open();
    if (found === undefined) throw new Error("internal: no device was opened");
    return { opened, ...found };
  } finally {
    entry.requestAdapter = requestAdapter;
  }
}

/** Milliseconds of one call. */
export interface Timing {
  /** Until its results are on the host. */
  readonly wall: Quartiles;
  /** Absent without a clock. */
  readonly gpu: Quartiles | undefined;
}

/** The GPU's own time where it has a clock. */
export const milliseconds = ({ wall, gpu }: Timing): number => (gpu ?? wall).median;

export interface Effort {
  /** Milliseconds of a measurement: enough for launching and the grain of the clock to count little. */
  readonly goal: number;
  /** To spend on all of them, about. */
  readonly seconds: number;
}

const FEWEST = 5;
const MOST = 101;
const MOST_CALLS = 100;

/** Of calls one after the other, so many to a measurement that stamps of a coarse clock average out. */
export async function timed(
  call: () => Promise<unknown>,
  clock: PassClock | undefined,
  { goal, seconds }: Effort,
): Promise<Timing> {
  const calls = Math.min(MOST_CALLS, Math.ceil(goal / (await elapsed(call))));
  const [wall, gpu]: number[][] = [[], []];
  const end = performance.now() + 1000 * seconds;
  while (wall.length < FEWEST || (wall.length < MOST && performance.now() < end)) {
    clock?.start();
    const all = await elapsed(async () => {
      for (let i = 0; i < calls; i++) await call();
    });
    wall.push(all / calls);
    if (clock !== undefined) gpu.push((await clock.stop()) / calls);
  }
  return { wall: quartiles(wall), gpu: clock && quartiles(gpu) };
}

const LONGEST = 4096;

/** Milliseconds of one repeat, of so many within a call that launching them counts little. */
export async function perRepeat(
  call: (repeats: number) => Promise<unknown>,
  clock: PassClock | undefined,
  { goal, seconds }: Effort,
): Promise<number> {
  let repeats = 1;
  await call(repeats);
  for (let own = await elapsed(() => call(repeats)); own < goal / 2 && repeats < LONGEST; ) {
    repeats = Math.min(LONGEST, Math.ceil(repeats * Math.min(8, goal / own)));
    own = await elapsed(() => call(repeats));
  }
  return milliseconds(await timed(() => call(repeats), clock, { goal, seconds })) / repeats;
}
