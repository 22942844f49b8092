/** How the bench and its contestants talk: a request a line on stdin, an answer a line on stdout, both JSON. */
import { createInterface } from "node:readline";

export type Request =
  | { readonly do: "peak" }
  | { readonly do: "check"; readonly case: string; readonly task: string }
  | {
      readonly do: "time";
      readonly case: string;
      readonly task: string;
      readonly calls: number;
      /** A call before, which is not timed. */
      readonly warmUp: boolean;
    };

/** The most arithmetic that a contestant ever gets out of the machine. */
export interface PeakAnswer {
  readonly gigaflopsPerSecond: number;
}

/** Of a task, milliseconds: passed, and spent by all threads of the process. */
export interface Times {
  readonly milliseconds: number;
  readonly processor: number;
}

export interface Failure {
  readonly error: string;
}

/** What a contestant made of a task. */
export interface Prepared {
  check(): Promise<Record<string, ArrayLike<number>>>;
  call(): Promise<unknown>;
  /** How often one call does the task; below 1 where that takes several calls. */
  readonly repeats: number;
  /** Milliseconds that the task takes besides, once. */
  readonly setUp?: number;
  close(): Promise<void>;
}

/** Billions of floating-point operations per second. */
type Peak = () => Promise<number>;
type Prepare = (of: { readonly case: string; readonly task: string }) => Promise<Prepared>;

async function answer(request: Request, prepare: Prepare, peak: Peak | undefined): Promise<object> {
  if (request.do === "peak") {
    if (peak === undefined) throw new Error("no peak of its own");
    return { gigaflopsPerSecond: await peak() } satisfies PeakAnswer;
  }
  const prepared = await prepare(request);
  if (request.do === "check") {
    const values = Object.entries(await prepared.check());
    return Object.fromEntries(values.map(([name, own]) => [name, Array.from(own)]));
  }
  // The first call after the others' finds its threads asleep and its weights out of the caches.
  if (request.warmUp) await prepared.call();
  const [start, busy] = [performance.now(), process.cpuUsage()];
  for (let i = 0; i < request.calls; i++) await prepared.call();
  const milliseconds = performance.now() - start;
  const { user, system } = process.cpuUsage(busy);
  const times = request.calls * prepared.repeats;
  const { setUp = 0 } = prepared;
  return {
    milliseconds: setUp + milliseconds / times,
    processor: setUp + (user + system) / 1000 / times,
  } satisfies Times;
}

/** Answers until stdin ends. A task stays prepared until another is asked for. */
export async function serve(prepare: Prepare, peak?: Peak): Promise<void> {
  let last: { readonly key: string; readonly made: Prepared } | undefined;
  const once: Prepare = async (of) => {
    const key = `${of.case} ${of.task}`;
    if (last?.key !== key) {
      await last?.made.close();
      last = { key, made: await prepare(of) };
    }
    return last.made;
  };
  for await (const line of createInterface({ input: process.stdin })) {
    // One task that cannot be done ends no bench.
    const reply = await answer(JSON.parse(line), once, peak).catch((error: Error) => ({ error: error.message }));
    process.stdout.write(`${JSON.stringify(reply)}\n`);
  }
}
