/** How much of the quadratic terms that a simple morph has learned stands out of their noise. */
import { aList, checkParts } from "../../../engine/options.js";
import { Tape } from "../../../engine/tape/tape.js";
import { named } from "../../../flows/networks/weights.js";
import { columnName, type SimulatedEvents, trainingSample } from "../sampling/simulated-events.js";
import { nominalAtAnchors, withQuadraticPart } from "./capacity.js";
import { observedColumns } from "./densities.js";
import {
  effectiveCount,
  excessOfQuadraticNoise,
  type InformationRequest,
  simpleParameters,
  slopeOfSquare,
} from "./morph-information.js";
import { logRatio } from "./moved-density.js";
import { ratioExcess } from "./pairs.js";

export interface QuadraticRequest extends InformationRequest {
  /** Events off the nominal value, at [1] values: two at least. */
  readonly varied: readonly SimulatedEvents[];
}

/** For `withQuadraticPart`. */
export interface QuadraticPart {
  readonly part: number;
  readonly slope: number;
}

const SET = "quadratic";

/**
 * The part of its quadratic terms b̂ that a morph keeps, in place of all or nothing. Whatever the true ones b are, b̂ scatters around them with a
 * variance V. Of all multiples of b̂ that by b² / (b² + V) is nearest to b on average; with b̂² - V in place of b² this is, for many terms at once, a
 * rule of the kind of James and Stein (1961):
 *
 *     part = max(0, 1 - K / χ²),    χ² = b̂ᵀ V⁻¹ b̂,
 *
 * K their number. Straight lines take the place of the rest. χ² is read off the gain of `effectLoss`, summed over all events: for multiples f b̂ it is
 * g f - h f² / 2, and part = (g - K v) / h, where v is V over the inverse of the information of the varied events: the fluctuation
 * of the nominal events is in b̂ as well. What is wrong with the nominal density is in b̂ and h, and not in g.
 *
 * @param request.morph  of `simplerMorph` with quadratic terms
 */
export async function quadraticPart(request: QuadraticRequest): Promise<QuadraticPart> {
  checkParts("quadraticPart", "a request", request, { varied: aList, unmoved: aList });
  const { of, morph, varied, unmoved, sizes } = request;
  const { nominal, scale } = morph.architecture.nuisances[0]!;
  const slope = slopeOfSquare(varied, nominal) / scale;
  const terms = simpleParameters(sizes[of], of === "y" ? sizes.x : 0);
  const groups = byProcess(varied, unmoved);
  const noise = groups.reduce((sum, own) => sum + terms * excessOfQuadraticNoise(own.varied, own.unmoved, nominal), 0);
  const [none, half, whole] = await losses(
    request,
    groups,
    [0, 0.5, 1].map((part) => ({ part, slope })),
  );
  const [ofHalf, ofWhole] = [none! - half!, none! - whole!];
  const gain = 4 * ofHalf - ofWhole;
  const curvature = 8 * ofHalf - 4 * ofWhole;
  const part = curvature > 0 ? Math.min(1, Math.max(0, (gain - noise) / curvature)) : 0;
  return { part, slope };
}

function byProcess(varied: readonly SimulatedEvents[], unmoved: readonly SimulatedEvents[]) {
  return [...new Set(varied.map((own) => own.process))].map((process) => ({
    varied: varied.filter((own) => own.process === process),
    unmoved: unmoved.filter((own) => own.process === process),
  }));
}

/** `effectLoss` over all events, of effective numbers, for parts of the quadratic terms. */
async function losses(
  { backend, of, moved, morph, sizes, numbers }: QuadraticRequest,
  groups: ReturnType<typeof byProcess>,
  parts: readonly QuadraticPart[],
): Promise<number[]> {
  const tape = new Tape();
  const nu = tape.column(columnName(SET, "nu"), [1], tape.events(SET));
  const log = logRatio(moved.bind(tape, morph.architecture), observedColumns(tape, SET, of, sizes), [nu]);
  const program = await backend.compile({ outputs: { log, excess: ratioExcess(log) } });
  /** Of each of `parts`, the mean over events of one process at one point. */
  const means = async (output: "log" | "excess", events: readonly SimulatedEvents[]) => {
    const { columns } = trainingSample(SET, events, of, sizes.processes, numbers);
    await program.bind(columns);
    const weights = columns[columnName(SET, "weight")]!;
    const found: number[] = [];
    for (const { part, slope } of parts) {
      await program.write(named(moved.prefix, withQuadraticPart(morph, part, slope).weights));
      const values = (await program.run())[output]!;
      let sum = 0;
      for (const [i, value] of values.entries()) sum += weights[i]! * value;
      found.push(sum / values.length);
    }
    return found;
  };
  try {
    await program.write(moved.parameters);
    const sums = parts.map(() => 0);
    for (const { varied, unmoved } of groups) {
      for (const events of varied) {
        const gained = await means("log", [events]);
        const excess = await means("excess", nominalAtAnchors([events], unmoved));
        for (const at of parts.keys()) sums[at]! += effectiveCount(events) * (excess[at]! - gained[at]!);
      }
    }
    return sums;
  } finally {
    await program.close();
  }
}
