/**
 * `rivals`: ours beside the frameworks that a user would otherwise take, in one run, on the same weights and data, f32.
 *
 * Every contestant is a process of its own. Results are compared before anything is timed; a contestant with another answer is
 * named and left out. In each round all take turns, so that what else the machine does falls on all of them; ratios are those of
 * one round. `rivals.js [R1 ...] [--rounds=9] [--software-gpu]`
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Quartiles, quartiles, quartilesText, rounded, significant } from "../cli/roofline/statistics.js";
import {
  arithmeticOf,
  type Case,
  casesOf,
  fileOf,
  mainSuites,
  type SuiteName,
  suiteNames,
  titleOf,
  writeCase,
} from "./comparison/cases.js";
import { Contestant, ourKinds, placeOf, rivalKinds } from "./comparison/processes.js";
import type { PeakAnswer, Times } from "./comparison/protocol.js";
import { machine, printMachine, writeResult } from "./support/machine.js";

const rounds = Number(process.argv.find((word) => word.startsWith("--rounds="))?.slice(9) ?? 9);
/** A case that takes longer ends early, with at least this many rounds. */
const [SECONDS, FEWEST] = [90, 3];
/** A timing takes about this long, or one call. */
const MILLISECONDS = 120;
/** A call that takes longer needs none before it that is not timed. */
const LONG = 2000;
/** Who takes this many times as long as ours, or that many and very long, is timed once. */
const HOPELESS = { times: 40, longTimes: 4, long: 4000 };

/** A contestant's way to do a case. */
interface Entry {
  readonly contestant: Contestant;
  readonly task: string;
  readonly calls: number;
  readonly isLong: boolean;
  readonly isHopeless: boolean;
  readonly milliseconds: number[];
  /** Milliseconds of all threads. */
  readonly processor: number[];
  /** MiB, of each timing. */
  readonly peaks: (number | undefined)[];
}

const labelOf = ({ contestant: { kind }, task }: Entry, { task: asked }: Case) =>
  `${kind.name}, ${kind.hasOwnWeights ? "weights of its own" : kind.mode}${task === asked ? "" : `, ${task}`}`;

type Answers = Record<string, number[]>;

/** Every number within 1e-4 of its own size, or of the largest where that is what it comes from; losses by how they fall. */
function agrees(own: Answers, others: Answers): boolean {
  return Object.entries(own).every(([name, values]) => {
    const theirs = others[name];
    if (theirs?.length !== values.length) return false;
    const moved = (all: number[]) => ("losses" in own ? all.map((loss) => loss - all[0]!) : all);
    const [a, b] = [moved(values), moved(theirs)];
    const largest = Math.max(...a.map(Math.abs));
    const [relative, absolute] =
      "losses" in own ? [0, 0.01 * largest] : [1e-4, 1e-4 * (name === "hessian" ? largest : 1)];
    return (
      Math.abs(values[0]! - theirs[0]!) <= absolute + 1e-4 * Math.abs(values[0]!) &&
      a.every((value, i) => Math.abs(value - b[i]!) <= absolute + relative * Math.abs(value))
    );
  });
}

/** How long a call takes and whether it is worth repeating. @param own  entries so far, ours first */
async function firstEntry(of: Case, contestant: Contestant, task: string, own: readonly Entry[]): Promise<Entry> {
  const start = performance.now();
  const request = { do: "time", case: fileOf(of), task, calls: 1, warmUp: false } as const;
  const { milliseconds, processor } = await contestant.ask<Times>(request);
  const call = performance.now() - start;
  const ours = own.find((entry) => placeOf(entry.contestant.kind) === placeOf(contestant.kind))?.milliseconds[0];
  const times = ours === undefined ? 1 : milliseconds / ours;
  return {
    contestant,
    task,
    calls: Math.max(1, Math.round(MILLISECONDS / call)),
    isLong: call > LONG,
    isHopeless: times > HOPELESS.times || (times > HOPELESS.longTimes && call > HOPELESS.long),
    milliseconds: [milliseconds],
    processor: [processor],
    peaks: [contestant.peakMiB()],
  };
}

/** Asks all for their answers; those that give ours take part. */
async function enter(own: Case, contestants: readonly Contestant[]): Promise<Entry[]> {
  const entries: Entry[] = [];
  let wanted: Answers | undefined;
  for (const contestant of contestants) {
    for (const task of contestant.kind.tasks(own.task, own.events)) {
      try {
        const answers = await contestant.ask<Answers>({ do: "check", case: fileOf(own), task });
        wanted ??= answers;
        if (!contestant.kind.hasOwnWeights && !agrees(wanted, answers))
          throw new Error(`${contestant.kind.name}: other results in ${task}`);
        entries.push(await firstEntry(own, contestant, task, entries));
      } catch (error) {
        console.log(`left out: ${(error as Error).message}`);
      }
    }
  }
  // What was timed first, on its own, is no round; of those who take too long it is all there is.
  for (const { isHopeless, milliseconds, processor, peaks } of entries) {
    if (!isHopeless) for (const own of [milliseconds, processor, peaks]) own.length = 0;
  }
  return entries;
}

async function timeRounds(own: Case, entries: readonly Entry[]): Promise<void> {
  const start = performance.now();
  for (let round = 0; round < rounds; round++) {
    if (round >= FEWEST && performance.now() - start > 1000 * SECONDS) break;
    for (const { contestant, task, calls, isLong, isHopeless, milliseconds, processor, peaks } of entries) {
      if (isHopeless) continue;
      const request = { do: "time", case: fileOf(own), task, calls, warmUp: !isLong } as const;
      contestant.forgetPeak();
      const times = await contestant.ask<Times>(request);
      milliseconds.push(times.milliseconds);
      processor.push(times.processor);
      peaks.push(contestant.peakMiB());
    }
  }
}

/** Ours in the same place. */
const oursBeside = ({ contestant: { kind } }: Entry, entries: readonly Entry[]): Entry =>
  entries.find(({ contestant }) => placeOf(contestant.kind) === placeOf(kind))!;

/** Of all rounds: what is left of a time when others take the machine away for a part of it. */
const fastest = ({ milliseconds }: Entry) => Math.min(...milliseconds);

/** How many times longer than ours, round by round. */
function ratioToOurs(entry: Entry, entries: readonly Entry[], of: "milliseconds" | "processor"): Quartiles {
  const ours = oursBeside(entry, entries)[of];
  return quartiles(entry[of].map((time, round) => time / ours[round]!));
}

/** GFLOP/s that the best of what knows it gets out of each place: ours a loop of multiply-adds, others a product of matrices. */
async function peaksOf(contestants: readonly Contestant[]): Promise<ReadonlyMap<string, number>> {
  const peaks = new Map<string, number>();
  for (const contestant of contestants.filter(({ kind }) => kind.knowsPeak)) {
    const place = placeOf(contestant.kind);
    const { gigaflopsPerSecond } = await contestant.ask<PeakAnswer>({ do: "peak" });
    console.log(`peak, ${on(place)}: ${gigaflopsPerSecond.toFixed(0)} GFLOP/s, ${contestant.kind.name}`);
    peaks.set(place, Math.max(gigaflopsPerSecond, peaks.get(place) ?? 0));
  }
  return peaks;
}

const on = (place: string) => (place === "GPU" ? place : `threads ${place}`);

const units = { hessian: ["ms", 1], likelihoodHessian: ["ms", 1], scan: ["s", 1000] } as const;

async function run(own: Case, contestants: readonly Contestant[], peaks: ReadonlyMap<string, number>) {
  console.log(`\n${titleOf(own)}`);
  const entries = await enter(own, contestants);
  await timeRounds(own, entries);
  const arithmetic = await arithmeticOf(own);
  const [unit, milliseconds] = units[own.task as keyof typeof units] ?? ["k events/s", undefined];
  const digits = unit === "s" ? 1 : 0;
  console.log(
    `| on | | ${unit} (quartiles) | best ${unit} | ours is faster by | at best | in processor time | of the peak | peak MiB |`,
  );
  console.log("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
  return entries.map((entry) => {
    const place = placeOf(entry.contestant.kind);
    const inUnit = (time: number) => (milliseconds === undefined ? own.events / time : time / milliseconds);
    const value = quartiles(entry.milliseconds.map(inUnit));
    const [best, ratio, atBest] = [
      inUnit(fastest(entry)),
      ratioToOurs(entry, entries, "milliseconds"),
      fastest(entry) / fastest(oursBeside(entry, entries)),
    ];
    const busy = ratioToOurs(entry, entries, "processor");
    const ofPeak = quartiles(entry.milliseconds.map((time) => arithmetic / (1e6 * time * peaks.get(place)!)));
    const memory = entry.peaks.flatMap((peak) => peak ?? []);
    const peakMiB = memory.length > 0 ? Math.round(Math.max(...memory)) : undefined;
    const label = labelOf(entry, own);
    console.log(
      `| ${on(place)} | ${label} | ${quartilesText(value, digits)} | ${best.toFixed(digits)} | ${quartilesText(ratio, 2)} | ${atBest.toFixed(2)} | ` +
        `${quartilesText(busy, 2)} | ${(100 * ofPeak.median).toFixed(1)}% | ${peakMiB ?? "?"} |`,
    );
    const numbers = {
      value: rounded(value),
      best: significant(best),
      ratio: rounded(ratio),
      atBest: significant(atBest),
      processor: rounded(busy),
      ofPeak: rounded(ofPeak),
    };
    return { label, on: place, unit, rounds: entry.milliseconds.length, ...numbers, peakMiB };
  });
}

const where = machine();
printMachine(where);
const names = process.argv.slice(2).filter((word) => !word.startsWith("--")) as SuiteName[];
const suites = names.length === 0 ? mainSuites : suiteNames.filter((name) => names.includes(name));
const ours = await ourKinds(process.argv.includes("--software-gpu"));
const { kinds, missing } = rivalKinds(ours.some(({ device }) => device === "gpu"));
for (const line of missing) console.log(`missing: ${line}`);
const folder = mkdtempSync(join(tmpdir(), "unbinned-rivals-"));
const contestants = [...ours, ...kinds].map((kind) => new Contestant(kind, folder));
try {
  const peaks = await peaksOf(contestants);
  for (const suite of suites) {
    const results = [];
    for (const own of casesOf(suite)) {
      // Ours makes its own.
      if (kinds.some((kind) => kind.tasks(own.task, own.events).length > 0)) await writeCase(folder, own);
      results.push({ case: titleOf(own), contestants: await run(own, contestants, peaks) });
    }
    writeResult(`rivals-${suite}`, where, { rounds, peaks: Object.fromEntries(peaks), missing, results });
  }
} finally {
  for (const contestant of contestants) await contestant.close();
  rmSync(folder, { recursive: true });
}
