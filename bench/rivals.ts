/**
 * `rivals`: ours beside the frameworks that a user would otherwise take, in one run, on the same weights and data, f32.
 *
 * Every contestant is a process of its own. Results are compared before anything is timed; a contestant with another answer is
 * named and left out. In each round all take turns, so that what else the machine does falls on all of them; ratios are those of
 * one round. `rivals.js [R1 ...] [--rounds=9]`
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rounded, type Spread, significant, spread, text } from "../cli/yardsticks/statistics.js";
import { machine, printMachine, writeResult } from "./machine.js";
import { type Case, casesOf, fileOf, type SuiteName, suiteNames, titleOf, writeCase } from "./rival-cases.js";
import { Contestant, ours, rivalKinds } from "./rival-processes.js";
import type { Times } from "./rival-protocol.js";

const rounds = Number(process.argv.find((word) => word.startsWith("--rounds="))?.slice(9) ?? 9);
/** A case that takes longer ends early, with at least this many rounds. */
const [SECONDS, FEWEST] = [90, 3];
/** A timing takes about this long, or one call. */
const MILLISECONDS = 120;
/** Who takes this many times as long as ours is timed once. */
const HOPELESS = 40;

/** A contestant's way to do a case. */
interface Entry {
  readonly contestant: Contestant;
  readonly task: string;
  readonly calls: number;
  readonly milliseconds: number[];
  /** Milliseconds of all threads. */
  readonly processor: number[];
  /** MiB, of each timing. */
  readonly peaks: (number | undefined)[];
}

const labelOf = ({ contestant: { kind }, task }: Entry, { task: asked }: Case) =>
  `${kind.name}, ${kind.mode}${task === asked ? "" : `, ${task}`}`;

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

/** Asks all for their answers; those that give ours take part. */
async function enter(own: Case, contestants: readonly Contestant[]): Promise<Entry[]> {
  const entries: Entry[] = [];
  let wanted: Answers | undefined;
  for (const contestant of contestants) {
    for (const task of contestant.kind.tasks(own.task, own.events)) {
      const of = { case: fileOf(own), task };
      try {
        const answers = await contestant.ask<Answers>({ do: "check", ...of });
        wanted ??= answers;
        if (!agrees(wanted, answers)) throw new Error(`${contestant.kind.name}: other results in ${task}`);
        const { milliseconds } = await contestant.ask<Times>({ do: "time", ...of, calls: 1 });
        entries.push({
          contestant,
          task,
          calls: Math.max(1, Math.round(MILLISECONDS / milliseconds)),
          milliseconds: [],
          processor: [],
          peaks: [],
        });
      } catch (error) {
        console.log(`left out: ${(error as Error).message}`);
      }
    }
  }
  return entries;
}

async function timeRounds(own: Case, entries: readonly Entry[]): Promise<void> {
  const start = performance.now();
  for (let round = 0; round < rounds; round++) {
    if (round >= FEWEST && performance.now() - start > 1000 * SECONDS) break;
    for (const { contestant, task, calls, milliseconds, processor, peaks } of entries) {
      if (round > 0 && milliseconds[0]! > HOPELESS * entries[0]!.milliseconds[0]!) continue;
      const request = { do: "time", case: fileOf(own), task, calls } as const;
      contestant.forgetPeak();
      const times = await contestant.ask<Times>(request);
      milliseconds.push(times.milliseconds);
      processor.push(times.processor);
      peaks.push(contestant.peakMiB());
    }
  }
}

/** Ours on as many threads. */
const oursBeside = ({ contestant: { kind } }: Entry, entries: readonly Entry[]): Entry =>
  entries.find(({ contestant }) => contestant.kind.threads === kind.threads)!;

/** Of all rounds: what is left of a time when others take the machine away for a part of it. */
const fastest = ({ milliseconds }: Entry) => Math.min(...milliseconds);

/** How many times longer than ours, round by round. */
function ratioToOurs(entry: Entry, entries: readonly Entry[], of: "milliseconds" | "processor"): Spread {
  const ours = oursBeside(entry, entries)[of];
  return spread(entry[of].map((time, round) => time / ours[round]!));
}

async function run(own: Case, contestants: readonly Contestant[]) {
  console.log(`\n${titleOf(own)}`);
  const entries = await enter(own, contestants);
  await timeRounds(own, entries);
  const isRate = own.task !== "hessian";
  const unit = isRate ? "k events/s" : "ms";
  console.log(
    `| threads | | ${unit} (quartiles) | best ${unit} | ours is faster by | at best | in processor time | peak MiB |`,
  );
  console.log("| --- | --- | --- | --- | --- | --- | --- | --- |");
  return entries.map((entry) => {
    const { threads } = entry.contestant.kind;
    const inUnit = (time: number) => (isRate ? own.events / time : time);
    const value = spread(entry.milliseconds.map(inUnit));
    const [best, ratio, atBest] = [
      inUnit(fastest(entry)),
      ratioToOurs(entry, entries, "milliseconds"),
      fastest(entry) / fastest(oursBeside(entry, entries)),
    ];
    const busy = ratioToOurs(entry, entries, "processor");
    const peaks = entry.peaks.flatMap((peak) => peak ?? []);
    const peak = peaks.length > 0 ? Math.round(Math.max(...peaks)) : undefined;
    const label = labelOf(entry, own);
    console.log(
      `| ${threads} | ${label} | ${text(value, 0)} | ${best.toFixed(0)} | ${text(ratio, 2)} | ${atBest.toFixed(2)} | ${text(busy, 2)} | ${peak ?? "?"} |`,
    );
    const numbers = {
      value: rounded(value),
      best: significant(best),
      ratio: rounded(ratio),
      atBest: significant(atBest),
      processor: rounded(busy),
    };
    return { label, threads, unit, ...numbers, peakMiB: peak };
  });
}

const where = machine();
printMachine(where);
const names = process.argv.slice(2).filter((word) => !word.startsWith("--")) as SuiteName[];
const suites = names.length === 0 ? suiteNames : suiteNames.filter((name) => names.includes(name));
const { kinds, missing } = rivalKinds();
for (const line of missing) console.log(`missing: ${line}`);
const folder = mkdtempSync(join(tmpdir(), "unbinned-rivals-"));
const contestants = [...ours, ...kinds].map((kind) => new Contestant(kind, folder));
try {
  for (const suite of suites) {
    const results = [];
    for (const own of casesOf(suite)) {
      await writeCase(folder, own);
      results.push({ case: titleOf(own), contestants: await run(own, contestants) });
    }
    writeResult(`rivals-${suite}`, where, { rounds, missing, results });
  }
} finally {
  for (const contestant of contestants) await contestant.close();
  rmSync(folder, { recursive: true });
}
