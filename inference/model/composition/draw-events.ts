/** Events of the densities of a composition, unweighted, in f64 on any machine. */
import { entryOf } from "../../../engine/entry.js";
import { UsageError } from "../../../engine/errors.js";
import { aNumber, anObject, aText, checkOptions, type Options, optional } from "../../../engine/options.js";
import { fillNormal, fillUniform, randomKey } from "../../../engine/random/random.js";
import { referenceBackend } from "../../../engine/reference/backend.js";
import { broadcastEvents, reshape } from "../../../engine/tape/operations.js";
import { Tape } from "../../../engine/tape/tape.js";
import type { Draws } from "../densities/contract.js";
import { densityKind } from "../densities/densities.js";
import { withinRegion } from "../densities/rejection.js";
import type { Value } from "../language/environment.js";
import { freeParameters, type ParameterPoint } from "../parameters/parameter.js";
import { type BoundWeights, bindComposition } from "./bind-composition.js";
import type { CheckedComposition } from "./composition.js";

export type DrawnEvents = Readonly<Record<string, Float64Array>>;

export interface DrawRequest {
  readonly composition: CheckedComposition;
  readonly density: string;
  readonly count: number;
  /** Values of parameters by name; those that are not named have their starts. */
  readonly point?: ParameterPoint;
  /** Columns that the density is conditional on [count]. */
  readonly given?: DrawnEvents;
  readonly seed: number;
  /** Names the streams of random numbers. */
  readonly purpose: string;
}

const drawOptions: Options<DrawRequest> = {
  composition: anObject,
  density: aText,
  count: aNumber,
  point: optional(anObject),
  given: optional(anObject),
  seed: aNumber,
  purpose: aText,
};

/** The columns that the density is of [count], each number within the domain of its column. */
export async function drawEvents(request: DrawRequest): Promise<DrawnEvents> {
  checkOptions("drawEvents", request, drawOptions);
  const { composition, density, count, given = {}, point = {}, seed, purpose } = request;
  for (const column of composition.shape(density).given) {
    if (entryOf(given, column)?.length === count) continue;
    const got = entryOf(given, column) === undefined ? "none" : `${given[column]!.length}`;
    throw new UsageError("drawEvents", { expected: `${count} numbers of the given column ${column}`, got });
  }
  let stream = 0;
  const keys = () => randomKey(seed, `${purpose}/${stream++}`);
  return drawn({ composition, point, keys }, density, count, given);
}

interface Source {
  readonly composition: CheckedComposition;
  readonly point: ParameterPoint;
  /** A new stream of random numbers at each call. */
  readonly keys: () => ReturnType<typeof randomKey>;
}

async function drawn(source: Source, density: string, count: number, given: DrawnEvents): Promise<DrawnEvents> {
  const { composition } = source;
  const form = composition.densities[density]!;
  const { of } = composition.shape(density);
  const domains = Object.fromEntries(of.map((column) => [column, [composition.domain(column)]]));
  const found = await withinRegion(drawsOf(source, count, given), `draws of ${density}`, domains, (own) =>
    densityKind(density, form).draw(form, own, density),
  );
  return Object.fromEntries(of.map((column) => [column, found[column] ?? new Float64Array(0)]));
}

function drawsOf(source: Source, count: number, given: DrawnEvents): Draws {
  const { composition, keys } = source;
  const filled = (fill: typeof fillNormal) => {
    const numbers = new Float64Array(count);
    fill(keys(), 0, numbers);
    return numbers;
  };
  const draws: Draws = {
    count,
    column: (name) => given[name]!,
    value: (of) => valueOf(source, of, count, given),
    normals: () => filled(fillNormal),
    uniforms: () => filled(fillUniform),
    domain: composition.domain,
    shape: composition.shape,
    drawn: (density, more = {}) => drawn(source, density, count, { ...given, ...more }),
    part(positions) {
      const own = Object.entries(given).map(
        ([name, values]) => [name, Float64Array.from(positions, (i) => values[i]!)] as const,
      );
      return drawsOf(source, positions.length, Object.fromEntries(own));
    },
  };
  return draws;
}

/** A value of every event [count]. */
async function valueOf(
  { composition, point }: Source,
  of: Value,
  count: number,
  given: DrawnEvents,
): Promise<Float64Array> {
  const tape = new Tape();
  const free = freeParameters(composition.parameters);
  // A tape has no empty arrays.
  const theta = tape.constant(free.length === 0 ? 0 : free.map(({ name, start }) => entryOf(point, name) ?? start));
  const names = composition.columnsOf(of);
  const columns = Object.fromEntries(names.map((name) => [name, tape.column(name)]));
  const bound: BoundWeights = new Map();
  const value = reshape(bindComposition(composition, theta, columns, bound).value(of), []);
  const output = names.length === 0 ? value : broadcastEvents(value, tape.events());
  const program = await referenceBackend().compile({ outputs: { value: output } });
  if (names.length === 0) return new Float64Array(count).fill((await program.run()).value![0]!);
  await program.bind(Object.fromEntries(names.map((name) => [name, given[name]!])));
  return (await program.run()).value!;
}
