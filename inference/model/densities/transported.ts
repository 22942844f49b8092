/** A density whose columns an invertible map moves: by shifts and scales, or by a flow. */

import { UsageError } from "../../../engine/errors.js";
import { aText, oneOf, optional } from "../../../engine/options.js";
import { add, div, log, neg, sub } from "../../../engine/tape/operations.js";
import type { Var } from "../../../engine/tape/tape.js";
import type { FlowArchitecture } from "../../../flows/architecture/architecture.js";
import { bindFlow } from "../../../flows/flow.js";
import { boundOf } from "../../../flows/transforms/scalar-transform.js";
import { affineMaps, aModel, texts } from "../language/entry-kinds.js";
import type { Environment, Value } from "../language/environment.js";
import type { FlowModel } from "../mixture-model.js";
import type { DensityKind } from "./contract.js";
import { checkFlow, type FlowColumns, flowColumns, placesOf } from "./flow.js";
import type { FlowMap } from "./flow-map.js";
import { checkMovedColumns } from "./morphed.js";
import { type ColumnMap, drawnBehind, drawnBehindFlow, imageOf, movedByColumn, movedByFlow } from "./moved.js";
import { checkRanges } from "./probability-of-box.js";

/** x = u scale + shift, u of the density. */
export interface AffineMap {
  /** 0 where absent. */
  readonly shift?: Value;
  /** Above 0; 1 where absent. */
  readonly scale?: Value;
}

export interface TransportedForm extends FlowColumns {
  readonly kind: "transported";
  readonly density: string;
  /** By column; the others stay where they are. */
  readonly affine?: Readonly<Record<string, AffineMap>>;
  /** In place of shifts and scales: takes observed columns to those of the density, which are its latent space. */
  readonly flow?: FlowModel<FlowArchitecture>;
  /** Columns that the density is of, in the order of the features of the flow. */
  readonly of?: readonly string[];
}

/** T by a flow; undefined where it is by shifts and scales. */
function flowMapOf(form: TransportedForm, name: string): FlowMap | undefined {
  const { of = [], given = [], frame, givenFrame, flow } = form;
  if (flow === undefined) return undefined;
  const bound = (at: Environment) =>
    at.weights(`densities.${name}.flow`, (prefix) => bindFlow(at.tape, flow.architecture, prefix));
  return {
    of,
    given,
    frame,
    givenFrame,
    places: placesOf(flow, frame, of.length),
    toOrigin: (at, features, context) => bound(at).toLatent(features, context),
    fromOrigin: (at, features, context) => bound(at).fromLatent(features, context),
  };
}

const NOWHERE: AffineMap = {};

function affineMapOf({ affine = {} }: TransportedForm, at: Environment): ColumnMap {
  const moved = (column: string, value: Var | number) => {
    const { shift = 0, scale = 1 } = Object.hasOwn(affine, column) ? affine[column]! : NOWHERE;
    return div(sub(value, at.value(shift)), at.value(scale));
  };
  return {
    columns: () => ({
      columns: Object.fromEntries(Object.keys(affine).map((column) => [column, moved(column, at.column(column))])),
      logDet: Object.values(affine)
        .map(({ scale = 1 }) => neg(log(at.value(scale))))
        .reduce(add),
    }),
    end: (column, end) => (Object.hasOwn(affine, column) ? moved(column, end) : end),
  };
}

export const transported: DensityKind<TransportedForm> = {
  doc: "p(T(x)) |∂T/∂x|: T(x) = (x - shift) / scale, or a flow",
  entries: {
    kind: oneOf("transported"),
    density: aText,
    affine: optional(affineMaps),
    flow: optional(aModel),
    of: optional(texts),
    ...flowColumns,
  },
  values: ({ affine = {} }) => Object.values(affine).flatMap(({ shift = 0, scale = 1 }) => [shift, scale]),
  parts: ({ density }) => [density],
  shape: ({ given = [], flow }, [part], givenBy, isMoved) => ({
    of: part!.of,
    given: [...new Set([...part!.given, ...given, ...givenBy])],
    isExtended: part!.isExtended,
    crossesKnots: part!.crossesKnots || (isMoved && part!.hasKnots),
    hasKnots: part!.hasKnots || (flow !== undefined && boundOf(flow.architecture.transform) !== undefined),
  }),
  check(form, where, [part], domain, classes) {
    const { density, affine, flow, of = [], given = [] } = form;
    if ((affine === undefined) === (flow === undefined)) {
      throw new UsageError(where, { expected: "either shifts and scales, or a flow", got: affine ? "both" : "none" });
    }
    if (flow !== undefined) {
      checkFlow(where, of, form, flow, classes);
      checkMovedColumns(where, density, of, part!.of);
      checkRanges(where, of, [...new Set([...given, ...part!.given])], domain);
      return;
    }
    const columns = Object.keys(affine!);
    const other = columns.find((column) => !part!.of.includes(column));
    if (columns.length === 0 || other !== undefined) {
      throw new UsageError(where, {
        expected: `shifts and scales of columns of ${density} (${part!.of.join(", ")})`,
        got: other ?? "none",
      });
    }
    const wrong = columns.find(
      (column) => typeof affine![column]!.scale === "number" && !(Number(affine![column]!.scale) > 0),
    );
    if (wrong !== undefined) {
      throw new UsageError(where, { expected: `a scale of ${wrong} above 0`, got: `${affine![wrong]!.scale}` });
    }
  },
  bind(form, at, name) {
    const map = flowMapOf(form, name);
    return map ? movedByFlow(at, name, form.density, map) : movedByColumn(at, form.density, affineMapOf(form, at));
  },
  map: flowMapOf,
  draw(form, draws, name) {
    const map = flowMapOf(form, name);
    if (map !== undefined) return drawnBehindFlow(draws, form.density, map);
    const { density, affine = {} } = form;
    const { of } = draws.shape(density);
    const image = (at: Environment, column: string) => imageOf(affineMapOf(form, at), column, at.domain(column));
    return drawnBehind(draws, density, of, image, async (own, columns) => {
      const moved = { ...columns };
      for (const [column, { shift = 0, scale = 1 }] of Object.entries(affine)) {
        const [from, unit] = [await own.value(shift), await own.value(scale)];
        moved[column] = columns[column]!.map((value, i) => value * unit[i]! + from[i]!);
      }
      return moved;
    });
  },
};
