/**
 * `gpu`: the webgpu backend against what its adapter gives at best, and R1 and the published likelihood on it.
 *
 * Every result is compared with the cpu backend's before it is timed. Times are the GPU's own, of its compute passes, where
 * the adapter has timestamps, else until the results are on the host. On a software adapter batches are small: it is there to
 * see that the bench works.
 */
import { type Bench, effort, peakArithmetic, peakBandwidth } from "../cli/roofline/gpu.js";
import { type Effort, milliseconds, type PassClock, type Timing, timed, watched } from "../cli/roofline/gpu-clock.js";
import { type Quartiles, quartilesText, rounded, significant } from "../cli/roofline/statistics.js";
import { cpuBackend } from "../engine/cpu/backend.js";
import type { Backend } from "../engine/runtime/backend.js";
import { webgpuBackend } from "../engine/webgpu/backend.js";
import { Device } from "../engine/webgpu/device/device.js";
import { planRun, planSteps } from "../engine/webgpu/plan.js";
import { likelihood } from "../inference/model/likelihood/likelihood.js";
import { linearKernels } from "./gpu/linear.js";
import { dispatchOverhead } from "./gpu/roofline.js";
import { agree } from "./support/agreement.js";
import { bytesPerEvent, linearFlopsPerEvent } from "./support/arithmetic.js";
import { machine, printMachine, writeResult } from "./support/machine.js";
import { published } from "./workloads/published.js";
import { type Workload, workload, workloadNames } from "./workloads/r1.js";

const sizes = {
  hardware: { batches: [4096, 16384, 131072], callEvents: 2 ** 19, linearEvents: 2 ** 17, likelihood: 100_000 },
  software: { batches: [256, 1024], callEvents: 2048, linearEvents: 1024, likelihood: 512 },
};

interface Peak {
  /** Floating-point operations per second. */
  readonly arithmetic: number;
  /** Bytes per second. */
  readonly bandwidth: number;
}

/** @param parts  of a call, equal ones: the time of one */
function perPart({ wall, gpu }: Timing, parts: number): Timing {
  const part = ({ median, low, high }: Quartiles) => ({ median: median / parts, low: low / parts, high: high / parts });
  return { wall: part(wall), gpu: gpu && part(gpu) };
}

const timeText = ({ wall, gpu }: Timing) =>
  `${quartilesText(wall, 3)} ms${gpu === undefined ? "" : `, ${quartilesText(gpu, 3)} ms of the GPU`}`;

const timeResult = ({ wall, gpu }: Timing) => ({
  wallMilliseconds: rounded(wall),
  gpuMilliseconds: gpu && rounded(gpu),
});

/** Dispatches of a step where there are updates, else of a run, each over a single chunk. */
function dispatchesOf({ outputs, updates }: Workload["request"]): number {
  const count = (pass: { kernels: readonly unknown[]; columns: readonly unknown[] }) =>
    pass.kernels.length + pass.columns.length;
  if (updates === undefined) {
    const passes = planRun(Object.values(outputs)).levels.flatMap((level) => level.passes);
    return passes.reduce((sum, pass) => sum + count(pass), 0);
  }
  return planSteps(outputs, updates).parts.reduce(
    (sum, part) => sum + (part.kind === "once" ? part.kernels.length : count(part.pass) + part.finish.length),
    0,
  );
}

async function roofline(bench: Bench) {
  const overhead = await dispatchOverhead(bench);
  console.log(
    `\ndispatch ${overhead.dispatchMicroseconds.toFixed(2)} us each` +
      `${overhead.dispatchOnDeviceMicroseconds === undefined ? "" : ` (${overhead.dispatchOnDeviceMicroseconds.toFixed(2)} on the device)`}, ` +
      `submit and wait ${quartilesText(overhead.submitAndWaitMicroseconds, 0)} us, ` +
      `submit and map ${quartilesText(overhead.submitAndMapMicroseconds, 0)} us`,
  );
  const peak: Peak = { arithmetic: await peakArithmetic(bench), bandwidth: await peakBandwidth(bench) };
  console.log(
    `multiply-add loop ${(peak.arithmetic / 1e9).toFixed(1)} GFLOP/s, copy ${(peak.bandwidth / 1e9).toFixed(1)} GB/s`,
  );
  return { overhead, peak };
}

/** One workload of R1 at one batch size. */
async function flow(
  backends: { readonly webgpu: Backend; readonly cpu: Backend },
  clock: PassClock | undefined,
  name: (typeof workloadNames)[number],
  batch: number,
  steps: number,
  spent: Effort,
  peak: Peak,
) {
  const own = workload(name, batch, steps);
  const reference = await own.prepare(backends.cpu);
  const wanted = await reference.call();
  await reference.close();
  const { call, close } = await own.prepare(backends.webgpu);
  const start = performance.now();
  const first = await call();
  const firstCall = performance.now() - start;
  const difference = agree(`${name} of ${batch} events`, first, wanted, { absolute: 1e-3, relative: 1e-4 });
  const parts = own.events / batch;
  const timing = perPart(await timed(call, clock, spent), parts);
  await close();
  const eventsPerSecond = (1000 * batch) / milliseconds(timing);
  const [flops, bytes] = [linearFlopsPerEvent(own.request), bytesPerEvent(own.request)];
  const [ofPeak, ofBandwidth] = [
    (flops * eventsPerSecond) / peak.arithmetic,
    (bytes * eventsPerSecond) / peak.bandwidth,
  ];
  const dispatches = dispatchesOf(own.request);
  const percent = (fraction: number) => `${(100 * fraction).toFixed(1)}%`;
  console.log(
    `  ${name} ${batch}: ${timeText(timing)}; ${(eventsPerSecond / 1000).toFixed(0)} k events/s; ` +
      `${percent(ofPeak)} of arithmetic, ${percent(ofBandwidth)} of bandwidth; ` +
      `${dispatches} dispatches, ${bytes} bytes per event`,
  );
  return {
    name,
    batch,
    largestDifference: significant(difference),
    perCall: parts,
    ...timeResult(timing),
    firstCallMilliseconds: significant(firstCall),
    eventsPerSecond: significant(eventsPerSecond),
    flopsPerEvent: flops,
    bytesPerEvent: bytes,
    dispatches,
    ofPeakArithmetic: significant(ofPeak),
    ofPeakBandwidth: significant(ofBandwidth),
  };
}

/** The published likelihood: its value, and with its gradient. */
async function likelihoods(
  { webgpu, cpu }: { readonly webgpu: Backend; readonly cpu: Backend },
  clock: PassClock | undefined,
  count: number,
  spent: Effort,
) {
  const { isReal, model, data } = await published();
  console.log(`\npublished likelihood, ${count} events, ${isReal ? "published" : "random"} weights`);
  const open = (backend: Backend) => likelihood({ backend, model, data: data(count), form: "joint", extended: true });
  const [own, reference] = [await open(webgpu), await open(cpu)];
  const results: object[] = [];
  for (const order of [0, 1] as const) {
    const evaluate = async (of: typeof own) => (await of.evaluateParts([0.3, -0.4], order)).data;
    const wanted = await evaluate(reference);
    const start = performance.now();
    const first = await evaluate(own);
    const firstCall = performance.now() - start;
    const name = order === 0 ? "value" : "value and gradient";
    agree(name, { nll: [first.nll] }, { nll: [wanted.nll] }, { absolute: 1e-2, relative: 1e-6 });
    if (first.gradient !== undefined && wanted.gradient !== undefined) {
      // A thousandth of what statistics does to a gradient, a sum of terms of either sign.
      const tolerance = { absolute: 1e-3 * Math.sqrt(count), relative: 1e-5 };
      agree(name, { gradient: first.gradient }, { gradient: wanted.gradient }, tolerance);
    }
    const timing = await timed(() => evaluate(own), clock, spent);
    console.log(`  ${name}: ${timeText(timing)}`);
    results.push({ name, ...timeResult(timing), firstCallMilliseconds: significant(firstCall) });
  }
  await own.close();
  await reference.close();
  return { events: count, weights: isReal ? "published" : "random", results };
}

const where = machine();
printMachine(where);

const { opened: device, clock, gpu, adapter } = await watched(() => Device.open());
const { isSoftware } = device;
console.log(`adapter: ${adapter.vendor} ${adapter.architecture} ${adapter.device}; ${adapter.description}`);
const bench: Bench = { gpu, clock, isSoftware };
const { overhead, peak } = await roofline(bench);
const own = isSoftware ? sizes.software : sizes.hardware;
console.log("\nlinear kernels: GFLOP/s of the map, its input gradient and its weight gradient (of the loop's)");
const linear = await linearKernels(device, bench, own.linearEvents, peak.arithmetic);
device.close();

const { opened: webgpu, clock: programClock } = await watched(() => webgpuBackend());
const cpu = await cpuBackend({ precision: "f64" });
const backends = { webgpu, cpu };
const spent = effort(bench);
console.log("\nR1: time of a batch or step");
const flows: object[] = [];
for (const batch of own.batches) {
  const steps = Math.ceil(own.callEvents / batch);
  for (const name of workloadNames) {
    flows.push(await flow(backends, programClock, name, batch, steps, spent, peak));
  }
}
const ofLikelihood = await likelihoods(backends, programClock, own.likelihood, spent);
await webgpu.close();
await cpu.close();

const grain = clock?.grain;
if (grain !== undefined) console.log(`\nstamps of the GPU's clock are multiples of ${grain} ns`);
const words = (adapter.device || adapter.architecture).toLowerCase().match(/[a-z0-9]+/g) ?? ["adapter"];
writeResult(`gpu-${words.join("-")}`, where, {
  adapter,
  isSoftware,
  clockGrainNanoseconds: grain,
  overhead,
  peakGflops: significant(peak.arithmetic / 1e9),
  peakGigabytesPerSecond: significant(peak.bandwidth / 1e9),
  linear,
  flows,
  likelihood: ofLikelihood,
});
