/** The kinds of density: a row more is a kind more. */
import { UsageError } from "../../../engine/errors.js";
import { anObject, checkArgument } from "../../../engine/options.js";
import { type ArgusForm, argus } from "./argus.js";
import { type BernoulliForm, bernoulli } from "./bernoulli.js";
import { type BernsteinForm, bernstein } from "./bernstein.js";
import { type CategoriesForm, categories } from "./categories.js";
import { type ChebychevForm, chebychev } from "./chebychev.js";
import { type CmsShapeForm, cmsShape } from "./cms-shape.js";
import { type ConditionalForm, conditional } from "./conditional.js";
import type { DensityKind } from "./contract.js";
import { type CrystalballForm, crystalball } from "./crystalball.js";
import { type EnsembleForm, ensemble } from "./ensemble.js";
import { type ExponentialForm, exponential } from "./exponential.js";
import { type FlowForm, flow } from "./flow.js";
import { type GaussianForm, gaussian } from "./gaussian.js";
import { type GeneralizedNormalForm, generalizedNormal } from "./generalized-normal.js";
import { type GenericForm, generic } from "./generic.js";
import { type JohnsonForm, johnson } from "./johnson.js";
import { type LognormalForm, lognormal } from "./lognormal.js";
import { type MixtureForm, mixture } from "./mixture.js";
import { type MorphedForm, morphed } from "./morphed.js";
import { type PolynomialForm, polynomial } from "./polynomial.js";
import { type ProductForm, product } from "./product.js";
import { type RelativisticBreitWignerForm, relativisticBreitWigner } from "./relativistic-breit-wigner.js";
import { type TransportedForm, transported } from "./transported.js";
import { type TruncatedForm, truncated } from "./truncated.js";
import { type UniformForm, uniform } from "./uniform.js";
import { type VoigtForm, voigt } from "./voigt.js";

export type DensityForm =
  | GaussianForm
  | ExponentialForm
  | JohnsonForm
  | LognormalForm
  | GeneralizedNormalForm
  | CrystalballForm
  | RelativisticBreitWignerForm
  | VoigtForm
  | ArgusForm
  | CmsShapeForm
  | PolynomialForm
  | ChebychevForm
  | BernsteinForm
  | UniformForm
  | GenericForm
  | BernoulliForm
  | MixtureForm
  | CategoriesForm
  | ProductForm
  | ConditionalForm
  | TruncatedForm
  | EnsembleForm
  | FlowForm
  | MorphedForm
  | TransportedForm;

const kinds: { readonly [K in DensityForm["kind"]]: DensityKind<Extract<DensityForm, { kind: K }>> } = {
  gaussian,
  exponential,
  johnson,
  lognormal,
  "generalized-normal": generalizedNormal,
  crystalball,
  "relativistic-breit-wigner": relativisticBreitWigner,
  voigt,
  argus,
  "cms-shape": cmsShape,
  polynomial,
  chebychev,
  bernstein,
  uniform,
  generic,
  bernoulli,
  mixture,
  categories,
  product,
  conditional,
  truncated,
  ensemble,
  flow,
  morphed,
  transported,
};

export const densityKinds: readonly DensityForm["kind"][] = Object.freeze(Object.keys(kinds) as DensityForm["kind"][]);

/** What belongs to the kind of a form. @param where  for messages */
export function densityKind<F extends DensityForm>(where: string, form: F): DensityKind<F> {
  checkArgument(where, "its form", form, anObject);
  const { kind } = form;
  if (!Object.hasOwn(kinds, kind)) {
    const got = JSON.stringify(kind) ?? "none";
    throw new UsageError(where, { expected: `a kind of density (${densityKinds.join(", ")})`, got });
  }
  return kinds[kind] as unknown as DensityKind<F>;
}
