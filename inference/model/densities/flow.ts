/** A normalizing flow, cut to the domains of its columns. */

import { UsageError } from "../../../engine/errors.js";
import { type Options, oneOf, optional } from "../../../engine/options.js";
import { add, concatenate, reshape } from "../../../engine/tape/operations.js";
import type { Var } from "../../../engine/tape/tape.js";
import { type Architecture, checked, type FlowArchitecture } from "../../../flows/architecture/architecture.js";
import { bindFlow } from "../../../flows/flow.js";
import { checkWeights } from "../../../flows/formats/checkpoint.js";
import { withoutLastAxis } from "../../../flows/shapes.js";
import { boundOf } from "../../../flows/transforms/scalar-transform.js";
import { checkFrame, type FeatureFrame, leaveFrame } from "../feature-frame.js";
import { aFrame, aModel, texts } from "../language/entry-kinds.js";
import type { Environment } from "../language/environment.js";
import { featureOf, framedInterval } from "../language/framed-columns.js";
import { type End, isOpen } from "../language/region.js";
import type { FlowModel } from "../mixture-model.js";
import type { DensityKind, Draws } from "./contract.js";
import type { FlowMap } from "./flow-map.js";
import { logNormalBetween } from "./gaussian.js";
import { checkContext, contextOf, numericColumns } from "./given-columns.js";
import { checkRanges, cutToDomain, type Place, rectangleMass } from "./probability-of-box.js";

/** Columns that a flow looks at, and the frames in which it sees columns. */
export interface FlowColumns {
  /** Columns, in the order of the context: a categorical one is as many numbers, one-hot, as it has values. */
  readonly given?: readonly string[];
  /** Of the columns that it is of, in the order of the features. */
  readonly frame?: FeatureFrame;
  /** Of the given columns that are not categorical. */
  readonly givenFrame?: FeatureFrame;
}

export const flowColumns: Options<FlowColumns> = {
  given: optional(texts),
  frame: optional(aFrame),
  givenFrame: optional(aFrame),
};

export interface FlowForm extends FlowColumns {
  readonly kind: "flow";
  /** Columns, in the order of the features. */
  readonly of: readonly string[];
  readonly flow: FlowModel<FlowArchitecture>;
}

type Classes = (column: string) => readonly number[] | undefined;

/** Refuses weights, frames and columns that do not fit together. */
export function checkFlow(
  where: string,
  of: readonly string[],
  { given = [], frame, givenFrame }: FlowColumns,
  { architecture, weights }: FlowModel<Architecture>,
  classes: Classes,
): void {
  checkWeights(where, checked(architecture), weights);
  if (of.length !== architecture.features) {
    throw new UsageError(where, {
      expected: `${architecture.features} columns`,
      got: `${of.length} (${of.join(", ")})`,
    });
  }
  const category = of.find((column) => classes(column) !== undefined);
  if (category !== undefined) {
    throw new UsageError(where, { expected: "a density of numbers", got: `the categorical column ${category}` });
  }
  checkContext(where, given, classes, architecture.context);
  if (frame !== undefined) checkFrame(`${where}, frame`, frame, of.length);
  const numeric = numericColumns(given, classes);
  if (givenFrame !== undefined) checkFrame(`${where}, frame of given columns`, givenFrame, numeric.length);
}

/** The columns as the flow sees them: [..., D], and the log of the volume that its unit has in those of the columns [...]. */
export function framedColumns(at: Environment, of: readonly string[], frame: FeatureFrame | undefined) {
  const all = of.map((column, i) => at.framed(column, featureOf(frame, i)));
  return {
    values: concatenate(all.map(({ value }) => reshape(value, [...value.shape, 1]))),
    logSlope: all.map(({ logSlope }) => logSlope).reduce((a, b) => add(a, b)),
  };
}

/** Latent or other features of events [D, count] in the units of their columns. */
export function columnsOutOfFrame(
  of: readonly string[],
  frame: FeatureFrame | undefined,
  features: Float64Array,
): Record<string, Float64Array> {
  const values = leaveFrame(frame, features);
  const count = values.length / of.length;
  return Object.fromEntries(
    of.map((column, i) => [column, Float64Array.from(values.subarray(i * count, (i + 1) * count))]),
  );
}

/** Where features lie by the constants of their training sample, in the units of the columns; about 0 within 1 where there are none. */
export function placesOf(
  { weights }: FlowModel<Architecture>,
  frame: FeatureFrame | undefined,
  features: number,
): Place[] {
  const [shift, scale] = ["shift", "scale"].map((key) => weights.get(`standardisation.features.${key}`)?.data);
  const shifted = (of: number) =>
    leaveFrame(
      frame,
      Float64Array.from({ length: features }, (_, i) => (shift?.[i] ?? 0) + of * (scale?.[i] ?? 1)),
    );
  const [centres, above] = [shifted(0), shifted(1)];
  return Array.from(centres, (centre, i) => ({ centre, width: above[i]! - centre }));
}

/** What the names of the weights begin with, on tapes and in files. */
export const flowWeightsOf = (density: string) => `densities.${density}.flow`;

const boundFlow = ({ flow: { architecture } }: FlowForm, at: Environment, name: string) =>
  at.weights(flowWeightsOf(name), (prefix) => bindFlow(at.tape, architecture, prefix));

/** To standard normal numbers. */
function mapOf(form: FlowForm, name: string): FlowMap {
  const { of, given = [], frame, givenFrame, flow } = form;
  return {
    of,
    given,
    frame,
    givenFrame,
    places: placesOf(flow, frame, of.length),
    toOrigin: (at, features, context) => boundFlow(form, at, name).toLatent(features, context),
    fromOrigin: (at, latent, context) => boundFlow(form, at, name).fromLatent(latent, context),
  };
}

export const flow: DensityKind<FlowForm> = {
  doc: "φ(T(x | given)) |∂T/∂x|, φ standard normal and T a trained map; normalised over the domains of its columns",
  entries: { kind: oneOf("flow"), of: texts, ...flowColumns, flow: aModel },
  values: () => [],
  isBatched: true,
  parts: () => [],
  shape: ({ of, given = [], flow: { architecture } }) => ({
    of,
    given,
    isExtended: false,
    crossesKnots: false,
    hasKnots: boundOf(architecture.transform) !== undefined,
  }),
  check(form, where, _, domain, classes) {
    checkFlow(where, form.of, form, form.flow, classes);
    checkRanges(where, form.of, form.given ?? [], domain);
  },
  bind(form, at, name) {
    const { of, given, frame, givenFrame, places, toOrigin } = mapOf(form, name);
    const bound = boundFlow(form, at, name);
    const logDensity = (own: Environment) => {
      const { values, logSlope } = framedColumns(own, of, frame);
      return add(bound.logProb(values, contextOf(own, given, givenFrame)), logSlope);
    };
    const [column] = of as [string];
    /** Of the standard normal number behind an end of the one column. */
    const latent = (end: End) => {
      if (isOpen(end)) return undefined;
      const value = typeof end === "number" ? at.tape.constant(end, []) : end;
      const row = reshape(value, [...value.shape, 1]);
      return withoutLastAxis(toOrigin(at, row, contextOf(at, given, givenFrame)).value);
    };
    const ofOne = (interval: readonly [End, End]) =>
      logNormalBetween(...(framedInterval(interval, column, featureOf(frame, 0)).map(latent) as [Var?, Var?]))!;
    const ofMore = rectangleMass(at, name, of, given, places, logDensity);
    return cutToDomain(
      at,
      of,
      () => logDensity(at),
      (box) => (of.length === 1 ? ofOne(box[column]!) : ofMore(box)),
    );
  },
  map: mapOf,
  async draw(form, draws: Draws, name) {
    const { of, given, frame, givenFrame, fromOrigin } = mapOf(form, name);
    const latent = Object.fromEntries(of.map((column) => [`latent ${column}`, draws.normals()]));
    const { features } = await draws.computed((at) => {
      const z = concatenate(of.map((column) => reshape(at.column(`latent ${column}`), [1])));
      return { features: fromOrigin(at, z, contextOf(at, given, givenFrame)).value };
    }, latent);
    return columnsOutOfFrame(of, frame, features!);
  },
};
