/** The graph that a composition describes, with the names of HS³, the HEP Statistics Serialization Standard, where that has them. */
import { entryOf } from "../../../engine/entry.js";
import type { Weights } from "../../../flows/networks/weights.js";
import { expressionText } from "../../../inference/expressions/text.js";
import type { CheckedComposition } from "../../../inference/model/composition/composition.js";
import type { DensityForm } from "../../../inference/model/densities/densities.js";
import type { FunctionForm } from "../../../inference/model/functions/functions.js";
import { ABOVE_ZERO, type Constraint } from "../../../inference/model/parameters/constraints.js";
import { rangeOf } from "../../../inference/model/parameters/parameter.js";
import { densityRows } from "../table/composition/densities.js";
import { functionRows } from "../table/composition/functions.js";
import { constraintRows } from "../table/composition/parameters.js";
import type { CompositionAnalysis } from "./composition-file.js";

/** What was trained, without its weights. */
function withoutWeights(value: unknown): unknown {
  const { architecture, weights } = Object(value) as { architecture?: unknown; weights?: unknown };
  if (architecture === undefined || !(weights instanceof Map)) return value;
  const numbers = [...(weights as Weights).values()].reduce((sum, { data }) => sum + data.length, 0);
  return { architecture, numbers };
}

/**
 * A form as an entry of a list: its name, its type, then its fields.
 *
 * @param text  of its expression, where it has one
 */
function entry<K extends string>(
  rows: Readonly<Record<K, { readonly type: string } | null>>,
  name: string,
  { kind, ...fields }: { readonly kind: K },
  text?: string,
) {
  const shown = Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, withoutWeights(value)]));
  return { name, type: rows[kind]?.type ?? kind, ...shown, ...(text !== undefined && { expression: text }) };
}

/** Ends that are not there are left out. */
function limits(of: readonly [number, number]) {
  const [low, max] = of;
  const min = low === ABOVE_ZERO ? 0 : low;
  return { ...(Number.isFinite(min) && { min }), ...(Number.isFinite(max) && { max }) };
}

const constraintOf = (name: string, constraint: Constraint) => ({
  ...entry(constraintRows, `${name}_constraint`, constraint),
  parameter: name,
});

/** What the file has beside the forms: texts of expressions by the names of functions and densities. */
interface Texts {
  readonly ofFunction: (name: string) => string | undefined;
  readonly ofDensity: (name: string) => string | undefined;
  /** How a density is trained, where it is, beside what its form says or in place of it. @param entry  what the form says */
  readonly training?: (name: string, entry: Readonly<Record<string, unknown>>) => object | undefined;
  /** What the numbers of a function come from, in the same way. */
  readonly source?: (name: string) => object | undefined;
}

/** Columns, parameters, functions and densities as lists. */
export function graphOf(
  composition: CheckedComposition,
  { ofFunction, ofDensity, training = () => undefined, source = () => undefined }: Texts,
) {
  const { parameters, columns, functions, densities } = composition;
  return {
    domains: Object.entries(columns).map(([column, { range, values }]) => ({
      name: column,
      ...(range && limits(range)),
      ...(values && { values }),
    })),
    parameter_points: parameters.map((own) => ({
      name: own.name,
      value: own.start,
      ...limits(rangeOf(own)),
      const: own.isFixed === true,
    })),
    constraints: parameters.flatMap((own) => (own.constraint ? [constraintOf(own.name, own.constraint)] : [])),
    functions: Object.entries(functions).map(([own, form]) => ({
      ...entry(functionRows, own, form, ofFunction(own)),
      ...source(own),
    })),
    distributions: Object.entries(densities).map(([own, form]) => {
      const { of, given, isExtended } = composition.shape(own);
      const shown = entry(densityRows, own, form, ofDensity(own));
      return { ...shown, of, ...(given.length > 0 && { given }), extended: isExtended, ...training(own, shown) };
    }),
  };
}

/** Of an expression that no file of ours has: its text. */
const textOf = (form: FunctionForm | DensityForm) =>
  "expression" in form ? expressionText(form.expression) : undefined;

export function expanded({ configuration, composition, likelihoods }: CompositionAnalysis) {
  const { name, seed, output, fit, scan, impacts, report } = configuration;
  return {
    metadata: { name, seed, output },
    ...graphOf(composition, {
      ofFunction(own) {
        const written = entryOf(configuration.functions, own);
        const form = composition.functions[own]!;
        if (written === undefined) return textOf(form);
        return "expression" in written ? written.expression : undefined;
      },
      ofDensity(own) {
        const written = entryOf(configuration.densities, own);
        if (written === undefined) return textOf(composition.densities[own]!);
        return "generic" in written ? written.generic.expression : undefined;
      },
      training(own) {
        const written = entryOf(configuration.densities, own);
        const trained =
          written && ("flow" in written ? written.flow : "morphed" in written ? written.morphed : undefined);
        if (trained === undefined) return undefined;
        const { train, region, heldOut, training } = trained;
        return { train, ...(region && { region }), heldOut, training };
      },
    }),
    data: Object.entries(configuration.samples).map(([own, sample]) => ({ name: own, ...sample })),
    likelihoods: likelihoods.map((own) => ({
      name: own.name,
      parameters: own.parameters,
      channels: own.channels.map(({ name: channel, selected, sample, isExtended, region }) => ({
        name: channel,
        distribution: selected,
        data: sample,
        extended: isExtended,
        ...(Object.keys(region).length > 0 && { region }),
      })),
    })),
    analyses: { fit, scan, impacts, report },
  };
}
