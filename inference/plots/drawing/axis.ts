import { fixed, powerOfTen, significant } from "./numbers.js";
import { shorten, textWidth } from "./svg.js";

/** font size of tick labels, pixels */
export const TICK_SIZE = 11;

/** longer names of categories end in an ellipsis, pixels */
const LONGEST_NAME = 190;

export interface Tick {
  readonly at: number;
  readonly text: string;
}

export interface Axis {
  /** name and unit, "m [GeV]" */
  readonly label: string;
  /** value at the left or lower end, value at the right or upper end */
  readonly domain: readonly [number, number];
  readonly ticks: readonly Tick[];
  /** unlabelled ticks between */
  readonly minor: readonly number[];
  /** names instead of numbers: no tick marks */
  readonly isCategorical: boolean;
}

/** Where numbers are so many times larger than their range, ticks say the difference from one of them, named in the label. */
const FAR = 1e5;

/** Axis with ticks at multiples of 1, 2 or 5 times a power of ten; about so many of them. */
export function linearAxis(label: string, domain: readonly [number, number], nTicks: number): Axis {
  const [low, high] = domain;
  const isFar = Math.max(Math.abs(low), Math.abs(high)) > FAR * (high - low);
  return isFar ? farAxis(label, domain, nTicks) : nearAxis(label, domain, nTicks);
}

function farAxis(label: string, domain: readonly [number, number], nTicks: number): Axis {
  const [low, high] = domain;
  const unit = 10 ** Math.ceil(Math.log10(high - low));
  const base = unit * Math.round(low / unit);
  const text = significant(Math.abs(base), 1 + Math.round(Math.log10(Math.abs(base) / unit)));
  const axis = nearAxis(`${label} ${base < 0 ? "+" : "−"} ${text}`, [low - base, high - base], nTicks);
  return {
    ...axis,
    domain,
    ticks: axis.ticks.map((tick) => ({ ...tick, at: tick.at + base })),
    minor: axis.minor.map((at) => at + base),
  };
}

function nearAxis(label: string, domain: readonly [number, number], nTicks: number): Axis {
  const [low, high] = domain;
  const { step, nMinor } = roundStep((high - low) / nTicks);
  const largest = Math.max(Math.abs(low), Math.abs(high));
  const isPlain = largest < 1e5 && largest >= 1e-2;
  const exponent = isPlain ? 0 : 3 * Math.floor(Math.log10(largest) / 3);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9) + exponent);
  const multiples = (size: number) => {
    const values: number[] = [];
    const last = Math.floor(high / size + 1e-6);
    for (let i = Math.ceil(low / size - 1e-6); i <= last; i++) values.push(i * size);
    return values;
  };
  return {
    label: exponent === 0 ? label : `${label} / ${powerOfTen(exponent)}`,
    domain,
    ticks: multiples(step).map((at) => ({ at, text: fixed(at / 10 ** exponent, decimals) })),
    minor: multiples(step / nMinor),
    isCategorical: false,
  };
}

/** Linear axis for a frame of this width in pixels, with as many ticks as leave room between their labels. */
export function horizontalAxis(label: string, domain: readonly [number, number], width: number): Axis {
  for (let nTicks = 7; ; nTicks--) {
    const axis = linearAxis(label, domain, nTicks);
    const needed = axis.ticks.reduce((sum, tick) => sum + textWidth(tick.text, TICK_SIZE) + 12, 0);
    if (needed <= width || nTicks === 1) return axis;
  }
}

/** Axis with one name per unit interval, centred on 0, 1, …; `reversed` puts the first at the upper end. */
export function categoryAxis(names: readonly string[], reversed: boolean): Axis {
  const end = names.length - 0.5;
  return {
    label: "",
    domain: reversed ? [end, -0.5] : [-0.5, end],
    ticks: names.map((name, at) => ({ at, text: shorten(name, TICK_SIZE, LONGEST_NAME) })),
    minor: [],
    isCategorical: true,
  };
}

function roundStep(raw: number): { step: number; nMinor: number } {
  const decade = 10 ** Math.floor(Math.log10(raw));
  const mantissa = raw / decade;
  // Boundaries at geometric means: the step nearest in ratio.
  if (mantissa < Math.SQRT2) return { step: decade, nMinor: 5 };
  if (mantissa < Math.sqrt(10)) return { step: 2 * decade, nMinor: 4 };
  if (mantissa < Math.sqrt(50)) return { step: 5 * decade, nMinor: 5 };
  return { step: 10 * decade, nMinor: 5 };
}

/** Smallest interval around all values, with a margin on both sides as a fraction of its width. */
export function domainAround(values: Iterable<number>, margin: number): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  // All values equal: any width will do, but it must be a width in floating point too.
  const width = high > low ? high - low : Math.max(Math.abs(low) * 0.1, 1e-6);
  const extra = high > low ? margin * width : width / 2;
  return [low - extra, high + extra];
}
