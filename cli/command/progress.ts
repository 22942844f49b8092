/** Progress of work that takes long: rate, time left and current numbers. One updating line on a terminal, plain lines elsewhere. */

import type { Progress, Shown } from "../../workflow/reporter.js";

/** Progress as the one who writes beside it sees it. */
export interface ProgressLine extends Progress {
  /** Takes the updating line away while something else is written, then puts it back. */
  aside(write: () => void): void;
  /** Leaves the updating line behind, ended, where work was cut short. */
  close(): void;
}

/** Where progress is written. */
export interface ProgressTarget {
  readonly isTerminal: boolean;
  /** Columns of the terminal. */
  readonly width: number;
  write(text: string): void;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
}

/** Milliseconds between two updates: a terminal is redrawn, a log is read later. */
const TERMINAL_INTERVAL = 100;
const LOG_INTERVAL = 5000;

const ERASE_LINE = "\r\u001b[K";

export function createProgress(target: ProgressTarget): ProgressLine {
  const interval = target.isTerminal ? TERMINAL_INTERVAL : LOG_INTERVAL;
  /** The updating line as it stands on the terminal. */
  let live = "";

  const draw = (text: string) => {
    if (target.isTerminal) {
      live = text.slice(0, target.width - 1);
      target.write(`${ERASE_LINE}${live}`);
    } else target.write(`${text}\n`);
  };
  const keep = (text: string) => {
    target.write(target.isTerminal ? `${ERASE_LINE}${text}\n` : `${text}\n`);
    live = "";
  };
  const aside = (write: () => void) => {
    if (live === "") return write();
    target.write(ERASE_LINE);
    write();
    target.write(live);
  };

  return {
    begin(label, total, unit = "steps") {
      const start = target.now();
      let last = target.isTerminal ? Number.NEGATIVE_INFINITY : start;
      // Resumed work begins in the middle: the rate counts from the first update.
      let first: { readonly count: number; readonly time: number } | undefined;
      let latest = 0;
      /** Units per second, undefined before there is one. */
      const rate = (now: number): number | undefined => {
        if (first === undefined || latest === first.count || now === first.time) return undefined;
        return (1000 * (latest - first.count)) / (now - first.time);
      };
      return {
        update(done, shown = {}) {
          const now = target.now();
          first ??= { count: done, time: now };
          latest = done;
          if (now - last < interval) return;
          last = now;
          draw(runningLine(label, done, total, unit, rate(now), shown));
        },
        done(shown = {}) {
          const now = target.now();
          keep(`${label}: done in ${duration((now - start) / 1000)}${rateText(rate(now), unit)}${shownText(shown)}`);
        },
      };
    },
    note(text) {
      aside(() => target.write(`${text}\n`));
    },
    aside,
    close() {
      if (live !== "") target.write("\n");
      live = "";
    },
  };
}

function runningLine(
  label: string,
  done: number,
  total: number | undefined,
  unit: string,
  rate: number | undefined,
  shown: Shown,
): string {
  const part = total === undefined ? `${done} ${unit}` : `${done}/${total} (${Math.floor((100 * done) / total)}%)`;
  const left = total === undefined || rate === undefined ? "" : `, ${duration((total - done) / rate)} left`;
  return `${label}: ${part}${rateText(rate, unit)}${left}${shownText(shown)}`;
}

function rateText(rate: number | undefined, unit: string): string {
  if (rate === undefined) return "";
  if (rate >= 1e6) return `, ${(rate / 1e6).toPrecision(3)} M ${unit}/s`;
  if (rate >= 1e4) return `, ${(rate / 1e3).toPrecision(3)} k ${unit}/s`;
  return `, ${rate.toPrecision(3)} ${unit}/s`;
}

function shownText(shown: Shown): string {
  return Object.entries(shown)
    .map(([name, value]) => `, ${name} ${typeof value === "number" ? formatted(value) : value}`)
    .join("");
}

function formatted(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) < 1e-3 ? value.toExponential(3) : value.toPrecision(6);
}

/** 4.2 s, 1 min 07 s, 2 h 05 min. */
export function duration(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}
