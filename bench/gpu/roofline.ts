/** How soon a GPU begins. */
import { type Bench, dispatching, kernel } from "../../cli/roofline/gpu.js";
import { elapsed, type Quartiles, quartiles, rounded, significant } from "../../cli/roofline/statistics.js";

const usage = { mapRead: 1, copySource: 4, copyTarget: 8, storage: 128 } as const;
const MAP_READ = 1;

const median = async (call: () => Promise<unknown>, rounds: number): Promise<Quartiles> => {
  await call();
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) times.push(await elapsed(call));
  return quartiles(times);
};

/** Dispatches of one submit; the difference between few and many is what one adds. */
const [FEW, MANY] = [1, 1001];

/** Microseconds of host and device together that a dispatch adds, each waiting for the one before; of a submit and map. */
export async function dispatchOverhead(bench: Bench) {
  const { gpu, clock } = bench;
  const buffer = gpu.createBuffer({ size: 16, usage: usage.storage | usage.copySource });
  const back = gpu.createBuffer({ size: 16, usage: usage.mapRead | usage.copyTarget });
  const code = `@group(0) @binding(0) var<storage, read_write> count: array<u32>;
@compute @workgroup_size(1) fn main() { count[0] += 1u; }`;
  const dispatch = dispatching(bench, await kernel(bench, code, [buffer]), 1);
  const [few, many] = [await median(() => dispatch(FEW), 50), await median(() => dispatch(MANY), 15)];
  let onDevice: number | undefined;
  if (clock !== undefined) {
    clock.start();
    await dispatch(MANY);
    onDevice = (1000 * (await clock.stop())) / MANY;
  }
  const roundTrip = await median(async () => {
    const encoder = gpu.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, 0, back, 0, 16);
    gpu.queue.submit([encoder.finish()]);
    await back.mapAsync(MAP_READ);
    back.unmap();
  }, 100);
  buffer.destroy();
  back.destroy();
  const microseconds = ({ median, low, high }: Quartiles) =>
    rounded({ median: 1e3 * median, low: 1e3 * low, high: 1e3 * high });
  return {
    dispatchMicroseconds: significant((1000 * (many.median - few.median)) / (MANY - FEW)),
    dispatchOnDeviceMicroseconds: onDevice === undefined ? undefined : significant(onDevice),
    submitAndWaitMicroseconds: microseconds(few),
    submitAndMapMicroseconds: microseconds(roundTrip),
  };
}
