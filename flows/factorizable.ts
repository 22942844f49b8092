/** Factorizable flows morph densities: they transform observed to nominal values, given the nuisances. arXiv:2606.30489. */
import { UsageError } from "../engine/errors.js";
import { checkTape } from "../engine/tape/nodes.js";
import { add, exp, mul, neg, select, slice, square, sub } from "../engine/tape/operations.js";
import type { Tape, Var } from "../engine/tape/tape.js";
import {
  type AutoregressiveLayer,
  checked,
  type FactorizableArchitecture,
  featuresByOrder,
  layerNetwork,
  nuisanceNetwork,
  termOutputs,
} from "./architecture/architecture.js";
import { type BoundTensors, bindTensors, chain, checkFlowInputs, folder, solveInOrder } from "./flow.js";
import { type MaskedNetwork, maskedNetwork } from "./networks/masked-network.js";
import { sumFeatures, type Transformed, withLastAxis, withoutLastAxis } from "./shapes.js";
import { standardisation } from "./standardisation.js";
import { type SplineArchitecture, spline } from "./transforms/rational-quadratic-spline.js";

/**
 * Values of the nuisances: [..., K], leading axes broadcasting against those of the events; or one entry [..., 1] per
 * nuisance, where `undefined` means "at its nominal value" and costs nothing, as do entries of a constant [K] that are there.
 */
export type NuisanceValues = Var | readonly (Var | undefined)[];

export interface BoundFactorizableFlow extends BoundTensors {
  readonly architecture: FactorizableArchitecture;
  /** Observed y [..., D] to nominal; logDet [...] is log|det ∂y_nominal/∂y|. */
  toNominal(y: Var, context: Var | undefined, nu: NuisanceValues): Transformed;
  /** Nominal to observed; logDet is log|det ∂y/∂y_nominal|. */
  fromNominal(y: Var, context: Var | undefined, nu: NuisanceValues): Transformed;
}

/** What maps some features. */
interface Coefficients {
  /** Log scale and shift [..., D]. */
  readonly s: Var;
  readonly t: Var;
  /** Unconstrained numbers of the spline [..., D, splineParameters]: all 0 is the identity. */
  readonly knots: Var | undefined;
}

/** One network and how its outputs combine with ν into parts of the coefficients. */
interface Term {
  readonly network: MaskedNetwork;
  /** raw [..., D, outputs] */
  combine(raw: Var): Coefficients;
}

/** Entry k of ν; `undefined` where it is a constant at the nominal value. */
function entryOf(nu: NuisanceValues, k: number, nominal: number): Var | undefined {
  if (!("tape" in nu)) return nu[k];
  const { operation, shape } = nu;
  const isVector = shape.length === 1 && nu.events === undefined;
  const values = isVector && operation.name === "constant" ? operation : undefined;
  const value = values && ("value" in values ? values.value : values.values[k]);
  return value === nominal ? undefined : slice(nu, -1, k, k + 1);
}

/** u_k = (ν_k - nominal_k) / scale_k, [..., 1] each; `undefined` at the nominal value. */
function distances({ nuisances }: FactorizableArchitecture, prefix: string, nu: NuisanceValues): (Var | undefined)[] {
  const count = "tape" in nu ? (nu.shape.at(-1) ?? 0) : nu.length;
  if (count !== nuisances.length) {
    throw new UsageError(prefix, { expected: `${nuisances.length} nuisances`, got: `${count}` });
  }
  return nuisances.map(({ nominal, scale }, k) => {
    const value = entryOf(nu, k, nominal);
    return value === undefined ? undefined : mul(sub(value, nominal), 1 / scale);
  });
}

const output = (raw: Var, at: number) => withoutLastAxis(slice(raw, -1, at, at + 1));

/** Times a number per event: outputs from `from` on [..., D, to - from], where there are any. */
function scaledOutputs(raw: Var, from: number, to: number, by: Var): Var | undefined {
  return from === to ? undefined : mul(slice(raw, -1, from, to), withLastAxis(by));
}

/** Outputs of a feature: s, t, numbers of the spline. */
function scaledTerm(network: MaskedNetwork, by: Var, outputs: number): Term {
  return {
    network,
    combine: (raw) => ({
      s: mul(output(raw, 0), by),
      t: mul(output(raw, 1), by),
      knots: scaledOutputs(raw, 2, outputs, by),
    }),
  };
}

/**
 * Outputs of a feature: s linear, s quadratic, t linear, t quadratic; the spline's, linear, then quadratic.
 *
 * @param outputs  numbers that one power of u multiplies
 */
function quadraticTerm(network: MaskedNetwork, u: Var, damping: number, outputs: number): Term {
  const uSquared = mul(square(u), damping);
  const part = (raw: Var, at: number) => add(mul(output(raw, at), u), mul(output(raw, at + 1), uSquared));
  const middle = 2 + outputs;
  return {
    network,
    combine: (raw) => ({
      s: part(raw, 0),
      t: part(raw, 2),
      knots: sumOf(scaledOutputs(raw, 4, middle, u), scaledOutputs(raw, middle, 2 * outputs, uSquared)),
    }),
  };
}

const sumOf = (a: Var | undefined, b: Var | undefined) => (a === undefined || b === undefined ? undefined : add(a, b));

/** Adds up the terms; there is at least one. */
function total(parts: readonly Coefficients[]): Coefficients {
  return parts.reduce((a, b) => ({ s: add(a.s, b.s), t: add(a.t, b.t), knots: sumOf(a.knots, b.knots) }));
}

interface Layer {
  readonly order: readonly number[];
  readonly spline: SplineArchitecture | undefined;
  readonly shiftFirst: boolean;
  /** The terms that matter given what is off its nominal value. */
  terms(u: readonly (Var | undefined)[]): Term[];
}

function bindLayer(
  architecture: FactorizableArchitecture,
  at: number,
  tensors: (path: string) => (name: string) => Var,
): Layer {
  const { nuisances, pairs, quadraticDamping, pairDamping } = architecture;
  const layer = architecture.layers[at] as AutoregressiveLayer;
  const outputs = termOutputs(architecture);
  const ofNuisance = nuisances.map((nuisance, k) => {
    const network = nuisanceNetwork(architecture, at, nuisance);
    return network && maskedNetwork(network, tensors(`nuisances.${k}`));
  });
  const ofPair = pairs.map(([k, l]) =>
    maskedNetwork(layerNetwork(architecture, layer, outputs), tensors(`pairs.${k}-${l}`)),
  );
  return {
    order: layer.order,
    spline: architecture.spline,
    shiftFirst: architecture.shiftFirst ?? false,
    terms(u) {
      const single = nuisances.flatMap(({ linearOnly }, k) => {
        const [own, net] = [u[k], ofNuisance[k]];
        if (own === undefined || net === undefined) return [];
        return [linearOnly ? scaledTerm(net, own, outputs) : quadraticTerm(net, own, quadraticDamping, outputs)];
      });
      const joint = pairs.flatMap(([k, l], at) => {
        const [first, second] = [u[k], u[l]];
        if (first === undefined || second === undefined) return [];
        return [scaledTerm(ofPair[at] as MaskedNetwork, mul(mul(first, second), pairDamping), outputs)];
      });
      return [...single, ...joint];
    },
  };
}

/** y_nominal = spline(y e^s + t), or spline((y + t) e^s), feature by feature. */
function toNominalLayer(layer: Layer, terms: readonly Term[], y: Var, context: Var | undefined): Transformed {
  const { order, shiftFirst } = layer;
  const inOrder = select(y, -1, featuresByOrder(order));
  const { s, t, knots } = total(terms.map(({ network, combine }) => combine(network.evaluate(inOrder, context))));
  const affine = shiftFirst ? mul(add(inOrder, t), exp(s)) : add(mul(inOrder, exp(s)), t);
  if (knots === undefined) return { value: select(affine, -1, order), logDet: sumFeatures(s) };
  const { value, logSlope } = spline(affine, knots, layer.spline as SplineArchitecture, "forward");
  return { value: select(value, -1, order), logDet: sumFeatures(add(s, logSlope)) };
}

/** y = (spline⁻¹(y_nominal) - t) e^-s, or e^-s spline⁻¹(y_nominal) - t, in the order in which features become known. */
function fromNominalLayer(layer: Layer, terms: readonly Term[], y: Var, context: Var | undefined): Transformed {
  const stages = terms.map(({ network, combine }) => ({ stage: network.stages(context), combine }));
  return solveInOrder(layer.order, (feature, previous) => {
    const { s, t, knots } = total(stages.map(({ stage, combine }) => combine(stage.next(previous))));
    const own = slice(y, -1, feature, feature + 1);
    const undo = (affine: Var) =>
      layer.shiftFirst ? sub(mul(affine, exp(neg(s))), t) : mul(sub(affine, t), exp(neg(s)));
    if (knots === undefined) return { value: undo(own), logSlope: neg(s) };
    const { value, logSlope } = spline(own, knots, layer.spline as SplineArchitecture, "inverse");
    return { value: undo(value), logSlope: sub(logSlope, s) };
  });
}

/** Puts a factorizable flow on a tape. Coefficients never see ν, so they are shared by all its values. */
export function bindFactorizableFlow(
  tape: Tape,
  architecture: FactorizableArchitecture,
  prefix: string,
): BoundFactorizableFlow {
  checkTape("bindFactorizableFlow", tape);
  checked(architecture);
  const bound = bindTensors(tape, architecture, prefix);
  const layers = architecture.layers.map((_, at) =>
    bindLayer(architecture, at, (path) => folder(bound.tensors, `transforms.${at}.${path}`)),
  );

  function apply(y: Var, context: Var | undefined, nu: NuisanceValues, toNominal: boolean): Transformed {
    checkFlowInputs(prefix, architecture, y, context);
    const u = distances(architecture, prefix, nu);
    if (u.every((entry) => entry === undefined)) return { value: y, logDet: tape.constant(0, []) };
    const frame = standardisation(architecture, bound.tensors, context);
    const one = toNominal ? toNominalLayer : fromNominalLayer;
    const steps = layers.flatMap((layer) => {
      const terms = layer.terms(u);
      return terms.length === 0 ? [] : [(x: Var) => one(layer, terms, x, frame.context)];
    });
    return toNominal
      ? chain(y, [frame.enter, ...steps, frame.leave])
      : chain(y, [frame.undoLeave, ...steps.reverse(), frame.undoEnter]);
  }

  return {
    architecture,
    ...bound,
    toNominal: (y, context, nu) => apply(y, context, nu, true),
    fromNominal: (y, context, nu) => apply(y, context, nu, false),
  };
}
