/** Progress of long steps: rate, time left and current numbers. One updating line on a terminal, plain lines elsewhere. */

/** Numbers and short texts shown behind the progress, e.g. `{ loss: 2.31, nu: "0.49, -0.51" }`. */
export type Shown = Readonly<Record<string, number | string>>;

export interface Step {
  /** Cheap enough to be called at every iteration: most calls print nothing. */
  update(done: number, shown?: Shown): void;
  /** Ends the step with a line that stays. */
  done(shown?: Shown): void;
}

export interface Progress {
  /**
   * Begins a step; the one before must be done.
   *
   * @param total number of `unit`s it will take, undefined where nobody knows
   * @param unit  what is counted, plural; the rate is in `unit`s per second
   */
  step(label: string, total?: number, unit?: string): Step;
  /** A line that stays. */
  note(text: string): void;
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

export function createProgress(target: ProgressTarget): Progress {
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

  return {
    step(label, total, unit = "steps") {
      const start = target.now();
      let last = target.isTerminal ? Number.NEGATIVE_INFINITY : start;
      let count = 0;
      return {
        update(done, shown = {}) {
          count = done;
          const now = target.now();
          if (now - last < interval) return;
          last = now;
          draw(runningLine(label, done, total, unit, (now - start) / 1000, shown));
        },
        done(shown = {}) {
          const seconds = (target.now() - start) / 1000;
          const rate = count > 0 && seconds > 0 ? `, ${rateText(count / seconds, unit)}` : "";
          keep(`${label}: done in ${duration(seconds)}${rate}${shownText(shown)}`);
        },
      };
    },
    note(text) {
      const interrupted = live;
      keep(text);
      if (interrupted !== "") draw(interrupted);
    },
  };
}

function runningLine(
  label: string,
  done: number,
  total: number | undefined,
  unit: string,
  seconds: number,
  shown: Shown,
): string {
  const rate = done / seconds;
  const part = total === undefined ? `${done} ${unit}` : `${done}/${total} (${Math.floor((100 * done) / total)}%)`;
  if (!(rate > 0 && Number.isFinite(rate))) return `${label}: ${part}${shownText(shown)}`;
  const left = total === undefined ? "" : `, ${duration((total - done) / rate)} left`;
  return `${label}: ${part}, ${rateText(rate, unit)}${left}${shownText(shown)}`;
}

function rateText(rate: number, unit: string): string {
  const [scaled, prefix] = rate >= 1e6 ? [rate / 1e6, "M "] : rate >= 1e4 ? [rate / 1e3, "k "] : [rate, " "];
  return `${scaled.toPrecision(3)}${prefix === " " ? "" : ` ${prefix.trim()}`} ${unit}/s`;
}

function shownText(shown: Shown): string {
  return Object.entries(shown)
    .map(([name, value]) => `, ${name} ${typeof value === "number" ? formatted(value) : value}`)
    .join("");
}

function formatted(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(6);
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
