/** Toy experiments of a composition: events of every channel, and outcomes of every auxiliary measurement, drawn anew. */
import { entryOf } from "../../../engine/entry.js";
import { UsageError } from "../../../engine/errors.js";
import {
  aList,
  aNumber,
  anObject,
  aText,
  checkArgument,
  checkOptions,
  checkParts,
  type Options,
  optional,
} from "../../../engine/options.js";
import { fillUniform, normal, randomKey } from "../../../engine/random/random.js";
import { referenceBackend } from "../../../engine/reference/backend.js";
import { Tape } from "../../../engine/tape/tape.js";
import { parametersOf } from "../../../flows/networks/weights.js";
import { poisson } from "../../statistics/toys/poisson.js";
import { asimov, constraintEstimate, constraintLeast, redrawn } from "../parameters/constraints.js";
import { checkParameterPoint, type ParameterPoint } from "../parameters/parameter.js";
import { bindComposition, pointOn, TapeParts } from "./bind-composition.js";
import { type CheckedComposition, checkedComposition } from "./composition.js";
import { compositionParameters } from "./composition-parameters.js";
import { type DrawnEvents, drawEvents } from "./draw-events.js";

/** A channel without its data. */
export interface ToyChannel {
  readonly name: string;
  readonly density: string;
  /** Where the number of events is drawn: from what the density expects. */
  readonly isExtended: boolean;
  /** Number of events where the channel is not extended. */
  readonly count?: number;
  /** Columns that the density is conditional on, as the data have them [count]: a toy has the same, or where it is extended, rows of them at random. */
  readonly given?: DrawnEvents;
}

export interface CompositionToyRequest {
  readonly composition: CheckedComposition;
  readonly channels: readonly ToyChannel[];
  /** True values by name; those that are not named have their starts. */
  readonly point?: ParameterPoint;
  readonly seed: number;
}

export interface CompositionToy {
  /** With the outcomes that the auxiliary measurements of the toy have. */
  readonly composition: CheckedComposition;
  /** Of each channel, in their order. */
  readonly events: readonly { readonly count: number; readonly columns: DrawnEvents }[];
}

const toyOptions: Options<CompositionToyRequest> = {
  composition: anObject,
  channels: aList,
  point: optional(anObject),
  seed: aNumber,
};

/** One toy: unweighted events in f64, the same on any machine. */
export async function drawCompositionToy(request: CompositionToyRequest): Promise<CompositionToy> {
  checkOptions("drawCompositionToy", request, toyOptions);
  const { composition, channels, point = {}, seed } = request;
  const events = [];
  for (const { name, density, isExtended, count: asked, given = {} } of channels) {
    const count = isExtended
      ? poisson(await expectedEvents(composition, density, point), seed, `toy/${name}/count`)
      : asked;
    if (count === undefined) {
      throw new UsageError("drawCompositionToy", { expected: `a number of events of ${name}`, got: "none" });
    }
    const own = isExtended ? redrawnRows(given, count, randomKey(seed, `toy/${name}/rows`)) : given;
    const drawn = await drawEvents({ composition, density, count, point, given: own, seed, purpose: `toy/${name}` });
    events.push({ count, columns: { ...own, ...drawn } });
  }
  const trueValue = (name: string, start: number) => entryOf(point, name) ?? start;
  return {
    composition: withConstraints(composition, ({ name, start, constraint }) => {
      const purpose = `toy/constraint/${name}`;
      return redrawn(constraint, trueValue(name, start), normal(randomKey(seed, purpose), 0), seed, `${purpose}/count`);
    }),
    events,
  };
}

/** So many rows, each one of those that are there. */
function redrawnRows(given: DrawnEvents, count: number, key: ReturnType<typeof randomKey>): DrawnEvents {
  const uniforms = new Float64Array(count);
  fillUniform(key, 0, uniforms);
  return Object.fromEntries(
    Object.entries(given).map(([name, values]) => [
      name,
      uniforms.map((uniform) => values[Math.min(values.length - 1, Math.floor(uniform * values.length))]!),
    ]),
  );
}

/** The composition with outcomes of its auxiliary measurements that agree with a point exactly: those of an Asimov data set. */
export function asimovComposition(composition: CheckedComposition, point: ParameterPoint): CheckedComposition {
  checkParts("asimovComposition", "a composition", composition, { parameters: aList, densities: anObject });
  checkArgument("asimovComposition", "the point", point, anObject);
  checkParameterPoint(composition.parameters, point);
  return withConstraints(composition, ({ name, start, constraint }) =>
    asimov(constraint, entryOf(point, name) ?? start),
  );
}

type Constrained = Required<Pick<CheckedComposition["parameters"][number], "name" | "start" | "constraint">>;

function withConstraints(
  composition: CheckedComposition,
  changed: (parameter: Constrained) => Constrained["constraint"],
): CheckedComposition {
  const { columns, functions, densities } = composition;
  const parameters = composition.parameters.map(({ constraint, ...parameter }) => {
    if (constraint === undefined) return parameter;
    const { name, start, range } = parameter;
    const own = changed({ name, start, constraint });
    // A start at 0, where no events were counted, is none where there are some.
    const moved = () => Math.min(constraintEstimate(own)[0], range?.[1] ?? Number.POSITIVE_INFINITY);
    return { ...parameter, start: start < constraintLeast(own) ? moved() : start, constraint: own };
  });
  return checkedComposition({ parameters, columns, functions, densities });
}

/** Number of events that a density expects at a point. */
export async function expectedEvents(
  composition: CheckedComposition,
  density: string,
  point: ParameterPoint,
): Promise<number> {
  checkParts("expectedEvents", "a composition", composition, { parameters: aList, densities: anObject });
  checkArgument("expectedEvents", "the density", density, aText);
  checkArgument("expectedEvents", "the point", point, anObject);
  const tape = new Tape();
  const theta = pointOn(tape, composition, point);
  // Numbers of events look at no column, but the densities that they are of may.
  const columns = Object.fromEntries(Object.keys(composition.columns).map((name) => [name, tape.column(name)]));
  const { expected } = bindComposition(composition, theta, columns, new TapeParts()).density(density);
  if (expected === undefined) {
    throw new UsageError(`density ${density}`, { expected: "numbers of events", got: "fractions alone" });
  }
  if (expected.events !== undefined) {
    throw new UsageError(`density ${density}`, {
      expected: "numbers of events that look at no column",
      got: "numbers that do",
    });
  }
  const program = await referenceBackend().compile({ outputs: { expected } });
  await program.write(parametersOf(tape, compositionParameters(composition)));
  const found = (await program.run()).expected![0]!;
  if (found >= 0 && Number.isFinite(found)) return found;
  throw new UsageError(`density ${density}`, { expected: "a number of events of at least 0", got: `${found}` });
}
