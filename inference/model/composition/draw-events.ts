/** Events of the densities of a composition, unweighted, in f64 on any machine. */
import { entryOf } from "../../../engine/entry.js";
import { UsageError } from "../../../engine/errors.js";
import { aNumber, anObject, aText, checkOptions, type Options, optional } from "../../../engine/options.js";
import { fillNormal, fillUniform, randomKey } from "../../../engine/random/random.js";
import { referenceBackend } from "../../../engine/reference/backend.js";
import type { Backend } from "../../../engine/runtime/backend.js";
import { reshape } from "../../../engine/tape/operations.js";
import { sizeOf, Tape, type Var } from "../../../engine/tape/tape.js";
import { parametersOf } from "../../../flows/networks/weights.js";
import type { Draws } from "../densities/contract.js";
import { densityKind } from "../densities/densities.js";
import { withinRegion } from "../densities/rejection.js";
import type { Environment, Value } from "../language/environment.js";
import { derivedColumns } from "../language/framed-columns.js";
import { checkParameterPoint, type ParameterPoint } from "../parameters/parameter.js";
import { bindComposition, pointOn, TapeParts } from "./bind-composition.js";
import type { CheckedComposition } from "./composition.js";
import { compositionParameters } from "./composition-parameters.js";

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
  /** In place of the reference, on which events are the same on any machine: faster where a network makes them. */
  readonly backend?: Backend;
}

const drawOptions: Options<DrawRequest> = {
  composition: anObject,
  density: aText,
  count: aNumber,
  point: optional(anObject),
  given: optional(anObject),
  seed: aNumber,
  purpose: aText,
  backend: optional(anObject),
};

/** The columns that the density is of [count], each number within the domain of its column. */
export async function drawEvents(request: DrawRequest): Promise<DrawnEvents> {
  checkOptions("drawEvents", request, drawOptions);
  const { composition, density, count, given = {}, point = {}, seed, purpose, backend = referenceBackend() } = request;
  for (const column of composition.shape(density).given) {
    if (entryOf(given, column)?.length === count) {
      checkClasses(column, given[column]!, composition.classes(column));
      continue;
    }
    const got = entryOf(given, column) === undefined ? "none" : `${given[column]!.length}`;
    throw new UsageError("drawEvents", { expected: `${count} numbers of the given column ${column}`, got });
  }
  checkParameterPoint(composition.parameters, point);
  let stream = 0;
  const keys = () => randomKey(seed, `${purpose}/${stream++}`);
  return drawn({ composition, point, keys, backend }, density, count, given);
}

/** Refuses a value that a categorical column does not take: a density would see none of its categories. */
function checkClasses(column: string, values: Float64Array, classes: readonly number[] | undefined): void {
  const other = classes && values.find((value) => !classes.includes(value));
  if (other === undefined) return;
  throw new UsageError("drawEvents", { expected: `${column} of ${classes!.join(", ")}`, got: `${other}` });
}

interface Source {
  readonly composition: CheckedComposition;
  readonly point: ParameterPoint;
  readonly backend: Backend;
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
    async value(of) {
      const known = knownNumber(source, of);
      if (known !== undefined) return new Float64Array(count).fill(known);
      return (await draws.computed((at) => ({ value: reshape(at.value(of), []) }))).value!;
    },
    computed: (of, columns = {}) => computed(source, of, count, { ...given, ...columns }),
    normals: () => filled(fillNormal),
    uniforms: () => filled(fillUniform),
    domain: composition.domain,
    shape: composition.shape,
    classes: composition.classes,
    drawn(density, more = {}, domains = {}) {
      const domain = (column: string) => entryOf(domains, column) ?? composition.domain(column);
      return drawn({ ...source, composition: { ...composition, domain } }, density, count, { ...given, ...more });
    },
    async rest(density, kept) {
      const { of } = composition.shape(density);
      const own = of.filter((column) => kept.includes(column));
      if (own.length === 0) return draws.drawn(density);
      const form = composition.densities[density]!;
      const { drawRest } = densityKind(density, form);
      return own.length === of.length || drawRest === undefined ? {} : drawRest(form, draws, own);
    },
    with: (columns) => drawsOf(source, count, { ...given, ...columns }),
    part(positions) {
      const own = Object.entries(given).map(
        ([name, values]) => [name, Float64Array.from(positions, (i) => values[i]!)] as const,
      );
      return drawsOf(source, positions.length, Object.fromEntries(own));
    },
  };
  return draws;
}

/** A number as such, or that of a parameter; undefined of what follows from others. */
function knownNumber({ composition, point }: Source, of: Value): number | undefined {
  if (typeof of === "number") return of;
  const parameter = composition.parameters.find(({ name }) => name === of);
  if (parameter === undefined) return undefined;
  return entryOf(point, of) ?? parameter.start;
}

/** Numbers on a tape, of every event [...shape, count]. */
async function computed(
  { composition, point, backend }: Source,
  of: (at: Environment) => Readonly<Record<string, Var>>,
  count: number,
  columns: DrawnEvents,
): Promise<Readonly<Record<string, Float64Array>>> {
  const tape = new Tape();
  const theta = pointOn(tape, composition, point);
  const nodes = Object.fromEntries(Object.keys(columns).map((name) => [name, tape.column(name)]));
  const parts = new TapeParts();
  const outputs = of(bindComposition(composition, theta, nodes, parts));
  if (Object.keys(outputs).length === 0) return {};
  const program = await backend.compile({ outputs });
  const run = async () => {
    await program.write(parametersOf(tape, compositionParameters(composition)));
    await program.bind({ ...columns, ...derivedColumns(parts.derived, columns) });
    return program.run();
  };
  const found = await run().finally(() => program.close());
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { events, shape }]) => {
      const own = found[name]!;
      if (events !== undefined) return [name, own];
      const repeated = new Float64Array(sizeOf(shape) * count);
      for (const [i, value] of own.entries()) repeated.fill(value, i * count, (i + 1) * count);
      return [name, repeated];
    }),
  );
}
