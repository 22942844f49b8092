/** A density that parameters morph: a factorizable flow takes observed to nominal values. arXiv:2606.30489. */

import { UsageError } from "../../../engine/errors.js";
import { aText, oneOf } from "../../../engine/options.js";
import { reshape } from "../../../engine/tape/operations.js";
import type { FactorizableArchitecture } from "../../../flows/architecture/architecture.js";
import { bindFactorizableFlow } from "../../../flows/factorizable.js";
import { aModel, texts, values } from "../language/entry-kinds.js";
import type { Environment, Value } from "../language/environment.js";
import type { FlowModel } from "../mixture-model.js";
import type { DensityKind } from "./contract.js";
import { checkFlow, type FlowColumns, flowColumns, placesOf } from "./flow.js";
import type { FlowMap } from "./flow-map.js";
import { drawnBehindFlow, movedByFlow } from "./moved.js";
import { checkRanges } from "./probability-of-box.js";

export interface MorphedForm extends FlowColumns {
  readonly kind: "morphed";
  /** The nominal density. */
  readonly density: string;
  /** Columns that it is of, in the order of the features of the morph. */
  readonly of: readonly string[];
  /** Values of the nuisances of the morph, in their order: parameters, functions, or numbers. */
  readonly nuisances: readonly Value[];
  readonly morph: FlowModel<FactorizableArchitecture>;
}

/** What the names of the weights begin with, on tapes and in files. */
export const morphWeightsOf = (density: string) => `densities.${density}.morph`;

function mapOf({ of, given = [], frame, givenFrame, nuisances, morph }: MorphedForm, name: string): FlowMap {
  const { architecture } = morph;
  const bound = (at: Environment) =>
    at.weights(morphWeightsOf(name), (prefix) => bindFactorizableFlow(at.tape, architecture, prefix));
  // A number at the nominal value changes nothing, and costs nothing.
  const values = (at: Environment) =>
    nuisances.map((own, k) => {
      if (own === architecture.nuisances[k]!.nominal) return undefined;
      const value = at.value(own);
      return reshape(value, [...value.shape, 1]);
    });
  return {
    of,
    given,
    frame,
    givenFrame,
    places: placesOf(morph, frame, of.length),
    toOrigin: (at, features, context) => bound(at).toNominal(features, context, values(at)),
    fromOrigin: (at, features, context) => bound(at).fromNominal(features, context, values(at)),
  };
}

/** Refuses columns that are not those of the density. */
export function checkMovedColumns(where: string, density: string, of: readonly string[], own: readonly string[]): void {
  if ([...of].sort().join() === [...own].sort().join()) return;
  throw new UsageError(where, { expected: `the columns of ${density} (${own.join(", ")})`, got: of.join(", ") });
}

export const morphed: DensityKind<MorphedForm> = {
  doc: "p(m(x, ν | given)) |∂m/∂x|, m a trained map that is the identity where ν is nominal",
  entries: { kind: oneOf("morphed"), density: aText, of: texts, ...flowColumns, nuisances: values, morph: aModel },
  values: ({ nuisances }) => nuisances,
  isBatched: true,
  parts: ({ density }) => [density],
  shape: ({ given = [], morph }, [part], givenBy, isMoved) => {
    const bends = morph.architecture.spline !== undefined;
    return {
      of: part!.of,
      given: [...new Set([...part!.given, ...given, ...givenBy])],
      isExtended: part!.isExtended,
      crossesKnots: part!.crossesKnots || (isMoved && (part!.hasKnots || bends)),
      hasKnots: part!.hasKnots || bends,
    };
  },
  check(form, where, [part], domain, classes) {
    const { density, of, given = [], nuisances, morph } = form;
    checkFlow(where, of, form, morph, classes);
    checkMovedColumns(where, density, of, part!.of);
    checkRanges(where, of, [...new Set([...given, ...part!.given])], domain);
    const expected = morph.architecture.nuisances.length;
    if (nuisances.length === expected) return;
    throw new UsageError(where, { expected: `values of ${expected} nuisances`, got: `${nuisances.length}` });
  },
  bind: (form, at, name) => movedByFlow(at, name, form.density, mapOf(form, name)),
  map: mapOf,
  draw: (form, draws, name) => drawnBehindFlow(draws, form.density, mapOf(form, name)),
};
