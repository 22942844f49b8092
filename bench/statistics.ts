/** Medians with their spread: what is timed here shares its machine with others. */

export interface Spread {
  readonly median: number;
  /** Lower and upper quartile. */
  readonly low: number;
  readonly high: number;
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (fraction: number) => sorted[Math.round(fraction * (sorted.length - 1))] as number;
  return { median: at(0.5), low: at(0.25), high: at(0.75) };
}

/** `1.23 (1.20-1.27)` */
export function text({ median, low, high }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${low.toFixed(digits)}-${high.toFixed(digits)})`;
}

/** Rounded to so many significant digits, for result files. */
export function rounded({ median, low, high }: Spread, digits = 4): Spread {
  const round = (value: number) => Number(value.toPrecision(digits));
  return { median: round(median), low: round(low), high: round(high) };
}

/** Milliseconds that the body takes. */
export async function elapsed(body: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await body();
  return performance.now() - start;
}
