/** Factorizable flows: systematics as a transformation of observed to nominal values, arXiv:2606.30489. */
import { UsageError } from "../engine/errors.js";
import { add, exp, mul, neg, select, slice, square, sub } from "../engine/operations.js";
import type { Tape, Var } from "../engine/tape.js";
import {
  type AutoregressiveLayer,
  checked,
  type FactorizableArchitecture,
  featuresByOrder,
  layerNetwork,
  nuisanceOutputs,
} from "./architecture.js";
import { type BoundTensors, bindTensors, chain, checkInputs, folder, solveInOrder } from "./flow.js";
import { type MaskedNetwork, maskedNetwork } from "./masked-network.js";
import { sumFeatures, type Transformed, withoutAxis } from "./shapes.js";
import { standardisation } from "./standardisation.js";

/**
 * Values of the nuisances: [..., K], leading axes broadcasting against those of the events; or one entry [..., 1] per
 * nuisance, where `undefined` means "at its centre" and costs nothing.
 */
export type NuisanceValues = Var | readonly (Var | undefined)[];

export interface BoundFactorizableFlow extends BoundTensors {
  readonly architecture: FactorizableArchitecture;
  /** Observed y [..., D] to nominal; logDet [...] is log|det ∂y_nominal/∂y|. */
  toNominal(y: Var, context: Var | undefined, nu: NuisanceValues): Transformed;
  /** Nominal to observed; logDet is log|det ∂y/∂y_nominal|. */
  fromNominal(y: Var, context: Var | undefined, nu: NuisanceValues): Transformed;
}

/** Log scale s and shift t of some features. */
interface ScaleAndShift {
  readonly s: Var;
  readonly t: Var;
}

/** One network and how its outputs combine with ν into parts of s and t. */
interface Term {
  readonly network: MaskedNetwork;
  /** raw [..., D, outputs] → [..., D] each */
  combine(raw: Var): ScaleAndShift;
}

/** u_k = (ν_k - centre_k) / scale_k, [..., 1] each; `undefined` at the centre. */
function distances({ nuisances }: FactorizableArchitecture, prefix: string, nu: NuisanceValues): (Var | undefined)[] {
  const count = "tape" in nu ? (nu.shape.at(-1) ?? 0) : nu.length;
  if (count !== nuisances.length) {
    throw new UsageError(prefix, { expected: `${nuisances.length} nuisances`, got: `${count}` });
  }
  return nuisances.map(({ centre, scale }, k) => {
    const value = "tape" in nu ? slice(nu, -1, k, k + 1) : nu[k];
    return value === undefined ? undefined : mul(sub(value, centre), 1 / scale);
  });
}

const output = (raw: Var, at: number) => withoutAxis(slice(raw, -1, at, at + 1));

/** Row 4j + m of a nuisance's network: s linear, s quadratic, t linear, t quadratic; without the quadratic, 2j + m. */
function nuisanceTerm(network: MaskedNetwork, u: Var, isLinear: boolean, damping: number): Term {
  if (isLinear) return { network, combine: (raw) => ({ s: mul(output(raw, 0), u), t: mul(output(raw, 1), u) }) };
  const uSquared = mul(square(u), damping);
  const part = (raw: Var, at: number) => add(mul(output(raw, at), u), mul(output(raw, at + 1), uSquared));
  return { network, combine: (raw) => ({ s: part(raw, 0), t: part(raw, 2) }) };
}

function pairTerm(network: MaskedNetwork, uu: Var): Term {
  return { network, combine: (raw) => ({ s: mul(output(raw, 0), uu), t: mul(output(raw, 1), uu) }) };
}

/** Adds up the terms; there is at least one. */
function total(parts: readonly ScaleAndShift[]): ScaleAndShift {
  return parts.reduce((a, b) => ({ s: add(a.s, b.s), t: add(a.t, b.t) }));
}

interface Layer {
  readonly order: readonly number[];
  /** The terms that matter given what is off its centre. */
  terms(u: readonly (Var | undefined)[]): Term[];
}

function bindLayer(
  architecture: FactorizableArchitecture,
  layer: AutoregressiveLayer,
  tensors: (path: string) => (name: string) => Var,
): Layer {
  const { nuisances, pairs, quadraticDamping, pairDamping } = architecture;
  const network = (path: string, outputs: number) =>
    maskedNetwork(layerNetwork(architecture, layer, outputs), tensors(path));
  const ofNuisance = nuisances.map((nuisance, k) => network(`nuisances.${k}`, nuisanceOutputs(nuisance)));
  const ofPair = pairs.map(([k, l]) => network(`pairs.${k}-${l}`, 2));
  return {
    order: layer.order,
    terms(u) {
      const single = nuisances.flatMap(({ linearOnly }, k) => {
        const own = u[k];
        return own === undefined
          ? []
          : [nuisanceTerm(ofNuisance[k] as MaskedNetwork, own, linearOnly, quadraticDamping)];
      });
      const joint = pairs.flatMap(([k, l], at) => {
        const [first, second] = [u[k], u[l]];
        if (first === undefined || second === undefined) return [];
        return [pairTerm(ofPair[at] as MaskedNetwork, mul(mul(first, second), pairDamping))];
      });
      return [...single, ...joint];
    },
  };
}

/** y_nominal = y e^s + t, feature by feature. */
function toNominalLayer({ order }: Layer, terms: readonly Term[], y: Var, context: Var | undefined): Transformed {
  const inOrder = select(y, -1, featuresByOrder(order));
  const { s, t } = total(terms.map(({ network, combine }) => combine(network.evaluate(inOrder, context))));
  const value = add(mul(inOrder, exp(s)), t);
  return { value: select(value, -1, order), logDet: sumFeatures(s) };
}

/** y = (y_nominal - t) e^-s, in the order in which features become known. */
function fromNominalLayer({ order }: Layer, terms: readonly Term[], y: Var, context: Var | undefined): Transformed {
  const stages = terms.map(({ network, combine }) => ({ stage: network.stages(context), combine }));
  return solveInOrder(order, (feature, previous) => {
    const { s, t } = total(stages.map(({ stage, combine }) => combine(stage.next(previous))));
    const value = mul(sub(slice(y, -1, feature, feature + 1), t), exp(neg(s)));
    return { value, logSlope: neg(s) };
  });
}

/** Puts a factorizable flow on a tape. Coefficients never see ν, so they are shared by all its values. */
export function bindFactorizableFlow(
  tape: Tape,
  architecture: FactorizableArchitecture,
  prefix: string,
): BoundFactorizableFlow {
  checked(architecture);
  const bound = bindTensors(tape, architecture, prefix);
  const layers = architecture.layers.map((layer, at) =>
    bindLayer(architecture, layer, (path) => folder(bound.tensors, `transforms.${at}.${path}`)),
  );
  const frame = standardisation(architecture, bound.tensors);

  function apply(y: Var, context: Var | undefined, nu: NuisanceValues, toNominal: boolean): Transformed {
    checkInputs(prefix, architecture, y, context);
    const u = distances(architecture, prefix, nu);
    if (u.every((entry) => entry === undefined)) return { value: y, logDet: tape.constant(0, []) };
    const c = frame.context(context);
    const one = toNominal ? toNominalLayer : fromNominalLayer;
    const steps = layers.map((layer) => (x: Var) => one(layer, layer.terms(u), x, c));
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
