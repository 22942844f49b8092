/** The graph that a composition describes, with the names of HS³, the HEP Statistics Serialization Standard, where that has them. */
import { entryOf } from "../../../engine/entry.js";
import type { Constraint } from "../../../inference/model/parameters/constraints.js";
import { rangeOf } from "../../../inference/model/parameters/parameter.js";
import { densityRows } from "../table/composition/densities.js";
import { functionRows } from "../table/composition/functions.js";
import { constraintRows } from "../table/composition/parameters.js";
import type { CompositionAnalysis } from "./composition-file.js";

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
  return { name, type: rows[kind]?.type, ...fields, ...(text !== undefined && { expression: text }) };
}

/** Ends that are not there are left out. */
function limits(of: readonly [number, number]) {
  const [low, max] = of;
  // Where a fit may go as near to 0 as numbers can: the end is 0.
  const min = low === Number.MIN_VALUE ? 0 : low;
  return { ...(Number.isFinite(min) && { min }), ...(Number.isFinite(max) && { max }) };
}

const constraintOf = (name: string, constraint: Constraint) => ({
  ...entry(constraintRows, `${name}_constraint`, constraint),
  parameter: name,
});

export function expanded({ configuration, composition, likelihoods }: CompositionAnalysis) {
  const { parameters, columns, functions, densities } = composition;
  const { name, seed, output, fit, scan, report } = configuration;
  const functionText = (own: string) => {
    const written = configuration.functions[own]!;
    return "expression" in written ? written.expression : undefined;
  };
  const densityText = (own: string) => {
    const written = entryOf(configuration.densities, own);
    return written && "generic" in written ? written.generic.expression : undefined;
  };
  return {
    metadata: { name, seed, output },
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
    functions: Object.entries(functions).map(([own, form]) => entry(functionRows, own, form, functionText(own))),
    distributions: Object.entries(densities).map(([own, form]) => {
      const { of, given, isExtended } = composition.shape(own);
      return {
        ...entry(densityRows, own, form, densityText(own)),
        of,
        ...(given.length > 0 && { given }),
        extended: isExtended,
      };
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
    analyses: { fit, scan, report },
  };
}
