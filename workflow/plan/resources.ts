/** What jobs ask for: what an earlier run took, with a margin, or else what does for most. */
import type { Cost } from "../store/costs.js";
import type { Resources } from "./job.js";

/** Where nothing was measured. A training of 10^6 events on one thread takes hours; a job that is ended too early resumes. */
const UNKNOWN = { seconds: 12 * 3600, megabytes: 4096 } as const;

/** Beside the work: the program begins, reads its events and what is done before. */
const START_SECONDS = 600;
const START_MEGABYTES = 1024;

/** Of jobs that only read, and draw pictures. */
const READER_SECONDS = 7200;

/** Other machines are slower, and share their memory. */
const MARGIN = { seconds: 3, bytes: 1.5 } as const;

/** Schedulers count whole minutes and, as a rule, pieces of memory. */
const PIECES = { seconds: 60, megabytes: 256 } as const;

const inPieces = (value: number, piece: number) => piece * Math.ceil(value / piece);

/** How jobs compute. */
export type Machine = Pick<Resources, "threads" | "needsGpu">;

/** @param costs  of all that the job does; undefined of what was not measured */
export function resourcesOf(machine: Machine, costs: readonly (Cost | undefined)[]): Resources {
  const known = costs.flatMap((cost) => cost ?? []);
  if (known.length < costs.length) return { ...machine, ...UNKNOWN };
  const seconds = known.reduce((sum, own) => sum + own.seconds, 0);
  const bytes = Math.max(0, ...known.map((own) => own.bytes));
  return {
    ...machine,
    seconds: inPieces(START_SECONDS + MARGIN.seconds * seconds, PIECES.seconds),
    megabytes: inPieces(Math.max(START_MEGABYTES, (MARGIN.bytes * bytes) / 2 ** 20), PIECES.megabytes),
  };
}

/** Of a job that reads what the others read, and does little with it. @param others  what they ask for */
export const readerResources = (machine: Machine, others: readonly Resources[]): Resources => ({
  ...machine,
  seconds: READER_SECONDS,
  megabytes: Math.max(START_MEGABYTES, ...others.map(({ megabytes }) => megabytes)),
});

/** "1-02:03:04", days where there are some. */
export function timeText(seconds: number): string {
  const two = (value: number) => `${Math.floor(value)}`.padStart(2, "0");
  const days = Math.floor(seconds / 86_400);
  const rest = `${two((seconds % 86_400) / 3600)}:${two((seconds % 3600) / 60)}:${two(seconds % 60)}`;
  return days > 0 ? `${days}-${rest}` : rest;
}
