/** Medians with their spread: what is timed here shares its machine with others. */

export interface Quartiles {
  readonly median: number;
  /** Lower and upper quartile. */
  readonly low: number;
  readonly high: number;
}

export function quantile(values: readonly number[], fraction: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.round(fraction * (sorted.length - 1))] as number;
}

export function quartiles(values: readonly number[]): Quartiles {
  return { median: quantile(values, 0.5), low: quantile(values, 0.25), high: quantile(values, 0.75) };
}

/** `1.23 (1.20-1.27)` */
export function quartilesText({ median, low, high }: Quartiles, digits: number): string {
  return `${median.toFixed(digits)} (${low.toFixed(digits)}-${high.toFixed(digits)})`;
}

/** To four significant digits, for result files. */
export const significant = (value: number): number => Number(value.toPrecision(4));

/** Likewise. */
export function rounded({ median, low, high }: Quartiles): Quartiles {
  return { median: significant(median), low: significant(low), high: significant(high) };
}

/** Milliseconds that the body takes. */
export async function elapsed(body: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await body();
  return performance.now() - start;
}
