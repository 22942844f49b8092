/**
 * What a morph leaves of the difference between samples at other values of a nuisance and the nominal ones. Of the right morph nothing: varied
 * events that it takes to the nominal values are distributed as nominal events are. They are compared where the nominal flow takes both,
 * in its latent space: what is wrong with the nominal density is the same on both sides.
 */
import { aList, anObject, checkOptions, type Options, oneOf } from "../../engine/options.js";
import type { Backend } from "../../engine/runtime/backend.js";
import { Tape } from "../../engine/tape/tape.js";
import type { FlowArchitecture } from "../../flows/architecture/architecture.js";
import { bindFactorizableFlow } from "../../flows/factorizable.js";
import { bindFlow } from "../../flows/flow.js";
import { named } from "../../flows/networks/weights.js";
import { type FlowModel, parameterPrefixes } from "../model/mixture-model.js";
import {
  columnName,
  type ObservableName,
  type SampleNumbers,
  type SimulatedEvents,
  trainingSample,
} from "../model/sampling/simulated-events.js";
import { type Dimensions, observedColumns } from "../model/training/densities.js";
import type { NamedMorph } from "../model/training/morph.js";
import { type NuisanceEffect, nuisanceEffects, sampleDifferences } from "./variations.js";

export interface ResidualRequest {
  readonly backend: Backend;
  readonly of: ObservableName;
  readonly nominal: FlowModel<FlowArchitecture>;
  /** Of one nuisance. */
  readonly morph: NamedMorph;
  /** Events off the nominal value of the nuisance, at [1] values. */
  readonly varied: readonly SimulatedEvents[];
  /** Nominal events of the same processes. */
  readonly unmoved: readonly SimulatedEvents[];
  readonly sizes: Dimensions;
  readonly numbers: SampleNumbers;
}

const requestOptions: Options<ResidualRequest> = {
  backend: anObject,
  of: oneOf("x", "y"),
  nominal: anObject,
  morph: anObject,
  varied: aList,
  unmoved: aList,
  sizes: anObject,
  numbers: anObject,
};

const SET = "residual";

/**
 * The most different of the tests of `sampleDifferences`, in latent features and their products with each other and, for y, with x.
 * A small p-value: the morph has not learned all that the samples show.
 */
export async function morphResidual(request: ResidualRequest): Promise<NuisanceEffect> {
  checkOptions("morphResidual", request, requestOptions);
  const { backend, of, nominal, morph, varied, unmoved, sizes, numbers } = request;
  const tape = new Tape();
  const { features, context } = observedColumns(tape, SET, of, sizes);
  const nu = tape.column(columnName(SET, "nu"), [1], tape.events(SET));
  const flow = bindFactorizableFlow(tape, morph.architecture, parameterPrefixes[`${of}.morph`]);
  const density = bindFlow(tape, nominal.architecture, `${of}.nominal`);
  const { value } = density.toLatent(flow.toNominal(features, context, [nu]).value, context);
  const program = await backend.compile({ outputs: { latent: value } });
  try {
    await program.write({
      ...named(`${of}.nominal`, nominal.weights),
      ...named(parameterPrefixes[`${of}.morph`], morph.weights),
    });
    const inLatentSpace = async (events: SimulatedEvents): Promise<SimulatedEvents> => {
      const { columns } = trainingSample(SET, [events], of, sizes.processes, numbers);
      await program.bind(columns);
      const latent = (await program.run()).latent!;
      const given = of === "y" ? columns[columnName(SET, "x")]! : [];
      const { process, at, count, weights } = events;
      return { process, at, count, x: joined(given, latent), ...(weights && { weights }) };
    };
    const nominalValue = morph.architecture.nuisances[0]!.nominal;
    const differences = [];
    for (const process of new Set(varied.map((own) => own.process))) {
      const samples = [
        ...unmoved.filter((own) => own.process === process).map((own) => ({ ...own, at: [nominalValue] })),
        ...varied.filter((own) => own.process === process),
      ];
      const compared: SimulatedEvents[] = [];
      for (const own of samples) compared.push(await inLatentSpace(own));
      differences.push(...sampleDifferences(compared, [nominalValue], of === "y" ? sizes.x : 0));
    }
    return nuisanceEffects(differences)[0]!;
  } finally {
    await program.close();
  }
}

/** Features that the density is conditional on, then its own. */
function joined(given: ArrayLike<number>, latent: ArrayLike<number>): Float64Array {
  const x = new Float64Array(given.length + latent.length);
  x.set(given);
  x.set(latent, given.length);
  return x;
}
