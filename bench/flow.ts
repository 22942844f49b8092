/**
 * `flow`: log-prob, training step with Adam, and sampling of R1 on the cpu backend in f32.
 *
 * One thread: GFLOP/s of the linear maps, the staircase's arithmetic counted, as a ratio to a hand-written linear map that
 * is timed alternately. Two threads: the gain over one thread, as a ratio to that of a pure multiply-add loop, likewise.
 */
import type { Backend } from "../engine/backend.js";
import { cpuBackend } from "../engine/cpu/backend.js";
import { lanesOf } from "../engine/cpu/lanes.js";
import { hasRelaxedSimd } from "../engine/cpu/simd.js";
import { linearFlopsPerEvent } from "./arithmetic.js";
import { handWrittenLinear, type Sampler } from "./linear-peak.js";
import { machine, printMachine, writeResult } from "./machine.js";
import { multiplyAddThreads } from "./multiply-add-threads.js";
import { BATCH, type Workload, workloads } from "./r1.js";
import { elapsed, rounded, spread, text } from "./statistics.js";

const ROUNDS = 41;
/** Calls before the first that counts: V8 has recompiled everything hot by then. */
const WARM_UP = 10;
/** Events that the hand-written map handles at once: those of the backend's tile. */
const TILE = 64;

interface Prepared extends Workload {
  readonly name: string;
  readonly flopsPerEvent: number;
  call(): Promise<unknown>;
}

async function prepareAll(backend: Backend): Promise<Prepared[]> {
  const prepared: Prepared[] = [];
  for (const [name, build] of Object.entries(workloads)) {
    const workload = build();
    const call = await workload.prepare(backend);
    for (let i = 0; i < WARM_UP; i++) await call();
    prepared.push({ ...workload, name, call, flopsPerEvent: linearFlopsPerEvent(workload.request) });
  }
  return prepared;
}

const middle = (sample: Sampler) => spread(Array.from({ length: 5 }, sample)).median;

interface Round {
  readonly eventsPerSecond: number;
  readonly gflops: number;
  readonly peak: number;
}

/** One thread beside the hand-written map. */
async function oneThread(all: readonly Prepared[], peak: Sampler) {
  const rounds = new Map<Prepared, Round[]>(all.map((workload) => [workload, []]));
  for (let r = 0; r < ROUNDS; r++) {
    for (const workload of all) {
      const before = middle(peak);
      const eventsPerSecond = (1000 * workload.events) / (await elapsed(workload.call));
      const gflops = (workload.flopsPerEvent * eventsPerSecond) / 1e9;
      rounds.get(workload)?.push({ eventsPerSecond, gflops, peak: (before + middle(peak)) / 2 });
    }
  }
  console.log(`\none thread, f32, batch ${BATCH}; median (quartiles) of ${ROUNDS}`);
  return all.map((workload) => {
    const own = rounds.get(workload) as Round[];
    const [eventsPerSecond, gflops, handWritten, ratio] = [
      spread(own.map((round) => round.eventsPerSecond)),
      spread(own.map((round) => round.gflops)),
      spread(own.map((round) => round.peak)),
      spread(own.map((round) => round.gflops / round.peak)),
    ];
    const { name, flopsPerEvent } = workload;
    console.log(
      `${name}: ${(eventsPerSecond.median / 1000).toFixed(0)} k events/s; ${flopsPerEvent / 1000} kFLOP/event, ` +
        `${text(gflops, 1)} GFLOP/s; hand-written ${text(handWritten, 1)}; ratio ${text(ratio, 3)}`,
    );
    return {
      name,
      flopsPerEvent,
      eventsPerSecond: rounded(eventsPerSecond),
      gflops: rounded(gflops),
      handWrittenGflops: rounded(handWritten),
      ratio: rounded(ratio),
    };
  });
}

/** Two threads beside one, and the multiply-add loop beside both. */
async function twoThreads(one: readonly Prepared[], two: readonly Prepared[]) {
  const loop = await multiplyAddThreads(2);
  await loop.time(2);
  const times = one.map(() => ({
    one: [] as number[],
    two: [] as number[],
    gains: [] as number[],
    ratios: [] as number[],
  }));
  const loopGains: number[] = [];
  for (let r = 0; r < ROUNDS; r++) {
    for (const [at, workload] of one.entries()) {
      const own = times[at] as (typeof times)[number];
      const loopGain = (2 * (await loop.time(1))) / (await loop.time(2));
      const [alone, together] = [await elapsed(workload.call), await elapsed((two[at] as Prepared).call)];
      loopGains.push(loopGain);
      own.one.push(alone);
      own.two.push(together);
      own.gains.push(alone / together);
      own.ratios.push(alone / together / loopGain);
    }
  }
  await loop.close();
  console.log(`\ntwo threads; multiply-add loop gains ${text(spread(loopGains), 3)}`);
  const results = one.map((workload, at) => {
    const own = times[at] as (typeof times)[number];
    const eventsPerSecond = spread(own.two.map((ms) => (1000 * workload.events) / ms));
    const [gain, ratio] = [spread(own.gains), spread(own.ratios)];
    console.log(
      `${workload.name}: ${(eventsPerSecond.median / 1000).toFixed(0)} k events/s; gain ${text(gain, 3)}, ` +
        `to the loop's ${text(ratio, 3)}`,
    );
    return {
      name: workload.name,
      eventsPerSecond: rounded(eventsPerSecond),
      gain: rounded(gain),
      ratio: rounded(ratio),
    };
  });
  return { loopGain: rounded(spread(loopGains)), results };
}

const where = machine();
printMachine(where);
const relaxedSimd = await hasRelaxedSimd();
console.log(`fused multiply-add (relaxed SIMD): ${relaxedSimd}`);
const peak = await handWrittenLinear(lanesOf("f32", relaxedSimd), TILE);
const backends = [await cpuBackend({ threads: 1 }), await cpuBackend({ threads: 2 })] as const;
const [one, two] = [await prepareAll(backends[0]), await prepareAll(backends[1])];
const results = { relaxedSimd, oneThread: await oneThread(one, peak), twoThreads: await twoThreads(one, two) };
for (const backend of backends) await backend.close();
writeResult("flow", where, results);
