/**
 * `flow`: log-prob, training step with Adam, and sampling of R1 on the cpu backend in f32.
 *
 * One thread: GFLOP/s of the linear maps, only arithmetic within the prefix mask counted, as a ratio to a hand-written linear map that
 * is timed alternately. Two threads: the gain over one thread, as a ratio to that of a pure multiply-add loop, likewise; beside
 * it the same ratio for two programs of one thread each that know nothing of each other: what caches and memory leave.
 */

import { wantsWide } from "../cli/command/wide.js";
import { elapsed, quantile, quartiles, quartilesText, rounded } from "../cli/roofline/statistics.js";
import type { RateSampler } from "../cli/roofline/webassembly.js";
import { lanesOf } from "../engine/cpu/assembly/lanes.js";
import { hasRelaxedSimd } from "../engine/cpu/assembly/simd.js";
import { cpuBackend } from "../engine/cpu/backend.js";
import { allowWide } from "../engine/cpu/wide.js";
import type { Backend } from "../engine/runtime/backend.js";
import { handWrittenLinear } from "./linear-peak.js";
import { linearFlopsPerEvent } from "./support/arithmetic.js";
import { machine, printMachine, writeResult } from "./support/machine.js";
import { multiplyAddThreads } from "./support/multiply-add-threads.js";
import { type Workload, workload, workloadNames } from "./workloads/r1.js";

const BATCH = 4096;
const STEPS = 4;
const ROUNDS = 41;
/** Calls before the first that counts: V8 has recompiled everything hot by then. */
const WARM_UP = 10;
/** Events that the hand-written map handles at once: those of the backend's tile. */
const TILE = 64;
/**
 * Rounds on two threads count where the multiply-add loop, just before and after, gained at least this fraction of what it
 * gains at its best: elsewhere another process had one of the cores.
 */
const CALM = 0.95;
/** A loop that gains less than this at its best never had two cores. */
const TWO_CORES = 1.5;
/** Rounds that a figure needs at least. */
const FEWEST = 7;

interface Prepared extends Workload {
  readonly name: string;
  readonly flopsPerEvent: number;
  call(): Promise<unknown>;
}

async function prepareAll(backend: Backend): Promise<Prepared[]> {
  const prepared: Prepared[] = [];
  for (const name of workloadNames) {
    const own = workload(name, BATCH, STEPS);
    const { call } = await own.prepare(backend);
    for (let i = 0; i < WARM_UP; i++) await call();
    prepared.push({ ...own, name, call, flopsPerEvent: linearFlopsPerEvent(own.request) });
  }
  return prepared;
}

const middle = (sample: RateSampler) => quartiles(Array.from({ length: 5 }, sample)).median;

interface Round {
  readonly eventsPerSecond: number;
  readonly gflops: number;
  readonly peak: number;
}

/** One thread beside the hand-written map. */
async function oneThread(all: readonly Prepared[], peak: RateSampler) {
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
      quartiles(own.map((round) => round.eventsPerSecond)),
      quartiles(own.map((round) => round.gflops)),
      quartiles(own.map((round) => round.peak)),
      quartiles(own.map((round) => round.gflops / round.peak)),
    ];
    const { name, flopsPerEvent } = workload;
    console.log(
      `${name}: ${(eventsPerSecond.median / 1000).toFixed(0)} k events/s; ${flopsPerEvent / 1000} kFLOP/event, ` +
        `${quartilesText(gflops, 1)} GFLOP/s; hand-written ${quartilesText(handWritten, 1)}; ratio ${quartilesText(ratio, 3)}`,
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

interface Pair {
  /** Throughput on two threads over that on one. */
  readonly gain: number;
  /** The same, of two independent programs on one thread each. */
  readonly apart: number;
  readonly eventsPerSecond: number;
  /** Gains of the multiply-add loop just before and after. */
  readonly loop: readonly [number, number];
}

/**
 * Time of a call that follows another of its kind: the first after other work finds its threads asleep, sometimes on one core,
 * and its weights out of the caches, which costs a training step up to a fifth. Training goes on for minutes.
 */
async function steady(call: () => Promise<unknown>): Promise<number> {
  await call();
  return elapsed(call);
}

/** Two threads beside one, and the multiply-add loop beside both. */
async function twoThreads(one: readonly Prepared[], other: readonly Prepared[], two: readonly Prepared[]) {
  const loop = await multiplyAddThreads(2);
  await loop.time(2);
  const loopGain = async () => (2 * (await loop.time(1))) / (await loop.time(2));
  const rounds: Pair[][] = one.map(() => []);
  for (let r = 0; r < ROUNDS; r++) {
    let before = await loopGain();
    for (const [at, workload] of one.entries()) {
      const beside = () => Promise.all([workload.call(), (other[at] as Prepared).call()]);
      const [alone, together, both] = [
        await steady(workload.call),
        await steady((two[at] as Prepared).call),
        await steady(beside),
      ];
      const after = await loopGain();
      const eventsPerSecond = (1000 * workload.events) / together;
      rounds[at]?.push({ gain: alone / together, apart: (2 * alone) / both, eventsPerSecond, loop: [before, after] });
      before = after;
    }
  }
  await loop.close();
  const gains = rounds.flat().flatMap((pair) => pair.loop);
  console.log(`\ntwo threads; multiply-add loop gains ${quartilesText(quartiles(gains), 3)}`);
  const calm = Math.max(TWO_CORES, CALM * quantile(gains, 0.9));
  const results = one.map(({ name }, at) => twoThreadResult(name, rounds[at] as Pair[], calm));
  return { loopGain: rounded(quartiles(gains)), results };
}

function twoThreadResult(name: string, all: readonly Pair[], calm: number) {
  const pairs = all.filter(({ loop }) => Math.min(...loop) >= calm);
  if (pairs.length < FEWEST) {
    console.log(`${name}: only ${pairs.length} of ${all.length} rounds had both cores: no figure`);
    return { name, calmRounds: pairs.length, rounds: all.length };
  }
  const toLoop = (of: "gain" | "apart") =>
    quartiles(pairs.map((pair) => (2 * pair[of]) / (pair.loop[0] + pair.loop[1])));
  const [eventsPerSecond, gain, ratio, ratioApart] = [
    quartiles(pairs.map((pair) => pair.eventsPerSecond)),
    quartiles(pairs.map((pair) => pair.gain)),
    toLoop("gain"),
    toLoop("apart"),
  ];
  console.log(
    `${name}: ${(eventsPerSecond.median / 1000).toFixed(0)} k events/s; gain ${quartilesText(gain, 3)}, ` +
      `to the loop's ${quartilesText(ratio, 3)}, of two independent programs ${quartilesText(ratioApart, 3)}; ${pairs.length} calm rounds of ${all.length}`,
  );
  return {
    name,
    calmRounds: pairs.length,
    rounds: all.length,
    eventsPerSecond: rounded(eventsPerSecond),
    gain: rounded(gain),
    ratio: rounded(ratio),
    ratioApart: rounded(ratioApart),
  };
}

const where = machine();
printMachine(where);
const relaxedSimd = await hasRelaxedSimd();
console.log(`fused multiply-add (relaxed SIMD): ${relaxedSimd}`);
const wide = wantsWide() ? await allowWide(relaxedSimd) : "none";
console.log(`256-bit code: ${wide}`);
const peak = await handWrittenLinear(lanesOf("f32", { relaxed: relaxedSimd, wide }), TILE);
const backendOf = (threads: number) => cpuBackend({ threads, wide: wantsWide() });
const backends = [await backendOf(1), await backendOf(1), await backendOf(2)] as const;
const [one, other, two] = [await prepareAll(backends[0]), await prepareAll(backends[1]), await prepareAll(backends[2])];
const results = {
  relaxedSimd,
  wide,
  oneThread: await oneThread(one, peak),
  twoThreads: await twoThreads(one, other, two),
};
for (const backend of backends) await backend.close();
writeResult("flow", where, results);
