/**
 * What a morph leaves of the difference between samples at other values of a nuisance and the nominal ones. Of the right morph nothing: varied
 * events that it takes to the nominal values are distributed as nominal events are. They are compared where the nominal flow takes both,
 * in its latent space: what is wrong with the nominal density is the same on both sides.
 */
import { aList, checkParts } from "../../engine/options.js";
import type { SimulatedEvents } from "../model/sampling/simulated-events.js";
import { latentEvents } from "../model/training/latent-events.js";
import type { InformationRequest } from "../model/training/morph-information.js";
import { type NuisanceEffect, nuisanceEffects, sampleDifferences } from "./variations.js";

export interface ResidualRequest extends InformationRequest {
  /** Events off the nominal value of the nuisance, at [1] values. */
  readonly varied: readonly SimulatedEvents[];
}

/**
 * The most different of the tests of `sampleDifferences`, in latent features and their products with each other and, for y, with x.
 * A small p-value: the morph has not learned all that the samples show.
 */
export async function morphResidual(request: ResidualRequest): Promise<NuisanceEffect> {
  checkParts("morphResidual", "a request", request, { varied: aList, unmoved: aList });
  const { of, morph, varied, unmoved, sizes } = request;
  const nominalValue = morph.architecture.nuisances[0]!.nominal;
  const differences = [];
  for (const process of new Set(varied.map((own) => own.process))) {
    const samples = [...unmoved.map((own) => ({ ...own, at: [nominalValue] })), ...varied];
    const compared = await latentEvents(
      request,
      samples.filter((own) => own.process === process),
    );
    differences.push(...sampleDifferences(compared, [nominalValue], of === "y" ? sizes.x : 0));
  }
  return nuisanceEffects(differences)[0]!;
}
