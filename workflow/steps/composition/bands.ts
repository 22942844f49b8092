/** Errors of the expected events of projections after the fit, which follow from the covariance of the parameters. */
import { weightSums } from "../../../inference/model/likelihood/event-stream.js";
import { binDerivatives } from "../../../inference/model/predictions/bin-derivatives.js";
import { binSource, densityInBins } from "../../../inference/model/predictions/density-in-bins.js";
import { sampleOf } from "../../events/channel-stream.js";
import { type LazyStep, lazyStep } from "../../store/lazy-step.js";
import { type BoundPlan, boundsOf, type StepContext } from "./context.js";
import type { CompositionFit } from "./fit.js";
import { binnedColumns, type ProjectionSettings } from "./projections.js";

/** Of one projection. */
export interface ProjectionBand {
  readonly channel: string;
  readonly column: string;
  /** Standard deviation of the expected events of every bin [bins] */
  readonly sigma: readonly number[];
}

/** Half the distance at which differences are taken, in standard deviations: the third derivative adds its square, 10⁻⁶, rounding 10⁻¹³. */
const STEP = 1e-3;

/** Null where the fit gave no errors. */
export function bandStep(
  context: StepContext,
  bound: BoundPlan,
  fit: LazyStep<CompositionFit>,
  report: ProjectionSettings,
): LazyStep<readonly ProjectionBand[] | null> {
  const inputs = { fit: fit.key, bins: report.bins };
  return lazyStep(context.store, context.common, `bands.${bound.plan.name}`, inputs, async ({ bins }) => {
    const found = await fit.result();
    return found.errors.covariance === null ? null : bandsOf(context, bound, found, bins);
  });
}

async function bandsOf(
  { backend, common, progress, signal }: StepContext,
  bound: BoundPlan,
  { fit, errors, expected }: CompositionFit,
  bins: number,
): Promise<ProjectionBand[]> {
  const { plan, events } = bound;
  const { composition } = plan;
  const { names, values: theta } = fit.estimate;
  const bounds = boundsOf(plan);
  const sigma = names.map((name) => errors.sigma![errors.names.indexOf(name)] ?? 0);
  const ends = names.map((name, k): readonly [number, number] => {
    const [low, high] = bounds[name]!;
    // Of a parameter at a limit, which has no error, nothing is asked.
    const reach = sigma[k]! > 0 ? STEP * sigma[k]! : STEP;
    return [Math.max(low, theta[k]! - reach), Math.min(high, theta[k]! + reach)];
  });
  const likelihood = await bound.open();
  const numbers: { slope: Readonly<Record<string, number>> }[] = [];
  for (const [k, [low, high]] of ends.entries()) {
    const below = await likelihood.expected(theta.with(k, low));
    const above = await likelihood.expected(theta.with(k, high));
    const slope = Object.keys(above).map((name) => [name, (above[name]! - below[name]!) / (high - low)] as const);
    numbers.push({ slope: Object.fromEntries(slope) });
  }
  const wanted = binnedColumns(bound, bins);
  const sources = plan.channels.map(({ selected }, c) =>
    binSource(
      { composition, density: selected },
      { theta, data: sampleOf(events[c]!.data), seed: common.seed, backend },
    ),
  );
  const counter = progress.begin(`bands ${plan.name}`, wanted.length, "projections");
  const bands: ProjectionBand[] = [];
  for (const { c, column, edges } of wanted) {
    signal.throwIfAborted();
    const { name, selected, isExtended } = plan.channels[c]!;
    const { data } = events[c]!;
    const own = { composition, density: selected, column, edges };
    const source = sources[c]!;
    const { total } = await densityInBins(own, source);
    const slopes = await binDerivatives(backend, own, source, ends);
    const number = isExtended ? expected[name]! : weightSums(data).total;
    const jacobian = names.map((_, k) => {
      const alongNumber = isExtended ? numbers[k]!.slope[name]! : 0;
      return total.map((share, bin) => number * slopes[k]![bin]! + share * alongNumber);
    });
    const free = errors.names.map((parameter) => jacobian[names.indexOf(parameter)]!);
    bands.push({ channel: name, column, sigma: total.map((_, bin) => deviation(free, errors.covariance!, bin)) });
    counter.update(bands.length);
  }
  counter.done();
  return bands;
}

/** √(jᵀ C j) of one bin. @param jacobian  [K][bins] */
function deviation(
  jacobian: readonly (readonly number[])[],
  covariance: readonly (readonly number[])[],
  bin: number,
): number {
  const variance = jacobian.reduce(
    (sum, a, i) => sum + jacobian.reduce((own, b, j) => own + a[bin]! * covariance[i]![j]! * b[bin]!, 0),
    0,
  );
  return Math.sqrt(Math.max(0, variance));
}
