/** What a density of a composition expects in the bins of one of its columns. */
import { UsageError } from "../../../engine/errors.js";
import { referenceBackend } from "../../../engine/reference/backend.js";
import type { Backend } from "../../../engine/runtime/backend.js";
import { concatenate, exp, mul, reshape } from "../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../engine/tape/tape.js";
import { parametersOf } from "../../../flows/networks/weights.js";
import { bindComposition, TapeParts } from "../composition/bind-composition.js";
import type { CheckedComposition } from "../composition/composition.js";
import { compositionParameters } from "../composition/composition-parameters.js";
import { drawEvents } from "../composition/draw-events.js";
import { densityKind } from "../densities/densities.js";
import { coefficientsOf } from "../densities/mixture.js";
import { narrowed } from "../densities/truncated.js";
import type { Environment } from "../language/environment.js";
import { type Interval, intersection, type Region } from "../language/region.js";
import type { ChannelData } from "../likelihood/channels.js";
import { freeParameters } from "../parameters/parameter.js";
import { binWithin } from "./closure.js";

export interface DensityBins {
  readonly composition: CheckedComposition;
  /** The density of the events, normalised where they are looked at. */
  readonly density: string;
  /** Of which it is a density. */
  readonly column: string;
  /** Ascending [bins + 1]; the first and the last bin reach to the ends of the range of the column. */
  readonly edges: readonly number[];
}

/** Probabilities of the bins, which are 1 together [bins]. */
export interface BinProbabilities {
  readonly method: "integral" | "drawn events";
  readonly total: readonly number[];
  /** Of drawn events: their number. */
  readonly drawn: number | undefined;
  /** Of each summand, where the density is a mixture and integrals are known: they add up to `total`. */
  readonly summands: readonly { readonly name: string; readonly values: readonly number[] }[];
}

export interface BinSource {
  /** Free parameters [K]. */
  readonly theta: readonly number[];
  /** Events of the density there, whose parts in the bins are their probabilities where integrals are not known. */
  readonly events: () => Promise<ChannelData>;
}

export interface DrawnSource {
  readonly theta: readonly number[];
  /** The events of the channel: a density that is conditional is drawn at their given columns, and with their weights. */
  readonly data: ChannelData;
  readonly seed: number;
  readonly backend?: Backend | undefined;
}

/** Draws once, for all columns of the density, and when it is first needed. */
export function binSource(
  { composition, density }: Pick<DensityBins, "composition" | "density">,
  source: DrawnSource,
): BinSource {
  let events: Promise<ChannelData> | undefined;
  return {
    theta: source.theta,
    events() {
      events ??= eventsOf(composition, density, source);
      return events;
    },
  };
}

/**
 * The probability of every bin: the integral of the density over it, or where that is not known, as of a density that is conditional on
 * columns, the part of events drawn from it at the given columns of the data.
 */
export async function densityInBins(bins: DensityBins, source: BinSource): Promise<BinProbabilities> {
  const integrals = await openIntegrals(bins);
  if (integrals === undefined) return drawn(bins, source);
  try {
    return await integrals.at(source.theta);
  } finally {
    await integrals.close();
  }
}

/** Integrals over the bins at any θ. */
export interface BinIntegrals {
  at(theta: readonly number[]): Promise<BinProbabilities>;
  close(): Promise<void>;
}

/** Undefined where they are not known. */
export async function openIntegrals(bins: DensityBins): Promise<BinIntegrals | undefined> {
  if (isConditional(bins.composition, bins.density)) return undefined;
  try {
    return await integrals(bins);
  } catch (error) {
    // A density says so of which integrals over parts of its columns are not known.
    if (!(error instanceof UsageError)) throw error;
    return undefined;
  }
}

/** Whether a density, or one that it is made of, looks at columns that it is not of. */
function isConditional(composition: CheckedComposition, name: string): boolean {
  const form = composition.densities[name]!;
  if (composition.shape(name).given.length > 0) return true;
  return densityKind(name, form)
    .parts(form)
    .some((part) => isConditional(composition, part));
}

/** The density without its truncations, and the region that these leave. */
function untruncated(
  densities: CheckedComposition["densities"],
  name: string,
): readonly [name: string, region: Region] {
  const form = densities[name]!;
  if (form.kind !== "truncated") return [name, {}];
  const [inner, region] = untruncated(densities, form.density);
  return [inner, narrowed(form.region, region)];
}

/** Summands with their coefficients; a density that is no mixture is its only one. */
function summandsOf({ densities }: CheckedComposition, at: Environment, name: string): (readonly [string, Var])[] {
  const form = densities[name]!;
  if (form.kind !== "mixture") return [[name, at.tape.constant(1, [])]];
  const coefficients = coefficientsOf(form, at);
  return form.summands.map((own, i) => [own, coefficients[i]!] as const);
}

/** What every bin has of the column: nothing where the events are not looked at. */
function cellsOf({ composition, column, edges }: DensityBins, region: Region): Interval[][] {
  const [low, high] = composition.domain(column);
  const last = edges.length - 2;
  return edges.slice(1).map((_, bin) => {
    const cell: Interval = [bin === 0 ? low : edges[bin]!, bin === last ? high : edges[bin + 1]!];
    return intersection([cell], region[column] ?? [[low, high]]);
  });
}

async function integrals(bins: DensityBins): Promise<BinIntegrals> {
  const { composition, density, column } = bins;
  const tape = new Tape();
  const nu = tape.parameter("nu", [freeParameters(composition.parameters).length]);
  const at = bindComposition(composition, nu, {}, new TapeParts());
  const [name, region] = untruncated(composition.densities, density);
  const cells = cellsOf(bins, region);
  const filled = cells.flatMap((cell, bin) => (cell.length > 0 ? [bin] : []));
  const summands = summandsOf(composition, at, name);
  const outputs = summands.map(([own, coefficient], s) => {
    const part = at.density(own);
    const parts = filled.map((bin) => exp(part.logProbability({ ...region, [column]: cells[bin]! })));
    const all = concatenate(parts.map((value) => reshape(mul(coefficient, value), [1])));
    return [`${s}`, all] as const;
  });
  const program = await referenceBackend().compile({ outputs: Object.fromEntries(outputs) });
  await program.write(parametersOf(tape, compositionParameters(composition)));
  return {
    async at(theta) {
      await program.write({ nu: [...theta] });
      const found = await program.run();
      const values = summands.map(([own], s) => {
        const all = new Array<number>(cells.length).fill(0);
        for (const [i, bin] of filled.entries()) all[bin] = found[`${s}`]![i]!;
        return { name: own, values: all };
      });
      const sums = cells.map((_, bin) => values.reduce((sum, own) => sum + own.values[bin]!, 0));
      const whole = sums.reduce((a, b) => a + b, 0);
      const shares = (own: readonly number[]) => own.map((value) => value / whole);
      return {
        method: "integral",
        total: shares(sums),
        drawn: undefined,
        summands: values.length > 1 ? values.map((own) => ({ name: own.name, values: shares(own.values) })) : [],
      };
    },
    close: () => program.close(),
  };
}

/** Events that are drawn, about. */
const DRAWN = 100_000;

async function drawn(bins: DensityBins, source: BinSource): Promise<BinProbabilities> {
  const { count, columns, weights } = await source.events();
  const { sums } = binWithin(columns[bins.column]!, bins.edges, weights);
  const whole = sums.reduce((a, b) => a + b, 0);
  return { method: "drawn events", total: sums.map((value) => value / whole), drawn: count, summands: [] };
}

async function eventsOf(
  composition: CheckedComposition,
  density: string,
  { theta, data, seed, backend }: DrawnSource,
): Promise<ChannelData> {
  const { given } = composition.shape(density);
  const count = given.length === 0 ? DRAWN : data.count * Math.max(1, Math.round(DRAWN / data.count));
  const repeated = (values: ArrayLike<number>) =>
    Float64Array.from({ length: count }, (_, i) => values[i % data.count]!);
  const point = Object.fromEntries(freeParameters(composition.parameters).map(({ name }, k) => [name, theta[k]!]));
  const ofData = Object.fromEntries(given.map((name) => [name, repeated(data.columns[name]!)]));
  const drawnColumns = await drawEvents({
    composition,
    density,
    count,
    point,
    given: ofData,
    seed,
    purpose: `bins of ${density}`,
    ...(backend && { backend }),
  });
  const weights = given.length > 0 && data.weights ? repeated(data.weights) : undefined;
  return { count, columns: { ...ofData, ...drawnColumns }, weights };
}
