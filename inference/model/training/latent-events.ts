/** Events as the nominal flow sees them after a morph: in its latent space. */
import { aList, anObject, checkArgument, checkParts } from "../../../engine/options.js";
import { Tape } from "../../../engine/tape/tape.js";
import { bindFactorizableFlow } from "../../../flows/factorizable.js";
import { bindFlow } from "../../../flows/flow.js";
import { named } from "../../../flows/networks/weights.js";
import { parameterPrefixes } from "../mixture-model.js";
import { columnName, type SimulatedEvents, trainingSample } from "../sampling/simulated-events.js";
import { observedColumns } from "./densities.js";
import type { InformationRequest } from "./morph-information.js";

const SET = "latent";

/**
 * Samples with latent features as their x, behind the features that the density is conditional on; with the weights that they have.
 *
 * @param samples  at [1] values of the nuisance of the morph, which takes them to its nominal value
 */
export async function latentEvents(
  { backend, of, nominal, morph, sizes, numbers }: Omit<InformationRequest, "unmoved">,
  samples: readonly SimulatedEvents[],
): Promise<SimulatedEvents[]> {
  checkParts("latentEvents", "a morph", morph, { architecture: anObject });
  checkArgument("latentEvents", "samples", samples, aList);
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
    const found: SimulatedEvents[] = [];
    for (const events of samples) {
      const { columns } = trainingSample(SET, [events], of, sizes.processes, numbers);
      await program.bind(columns);
      const latent = (await program.run()).latent!;
      const given = of === "y" ? columns[columnName(SET, "x")]! : [];
      const { process, at, count, weights } = events;
      found.push({ process, at, count, x: joined(given, latent), ...(weights && { weights }) });
    }
    return found;
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
