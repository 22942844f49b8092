/** Events where a morph and the density behind it take them: in the latent space of the density. */
import { aList, anObject, checkArgument, checkParts } from "../../../engine/options.js";
import { Tape } from "../../../engine/tape/tape.js";
import { named } from "../../../flows/networks/weights.js";
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
  { backend, of, moved, morph, sizes, numbers }: Omit<InformationRequest, "unmoved">,
  samples: readonly SimulatedEvents[],
): Promise<SimulatedEvents[]> {
  checkParts("latentEvents", "a morph", morph, { architecture: anObject });
  checkArgument("latentEvents", "samples", samples, aList);
  const tape = new Tape();
  const nu = tape.column(columnName(SET, "nu"), [1], tape.events(SET));
  const latent = moved.bind(tape, morph.architecture).latent(observedColumns(tape, SET, of, sizes), [nu]);
  const program = await backend.compile({ outputs: { latent } });
  try {
    await program.write({ ...moved.parameters, ...named(moved.prefix, morph.weights) });
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
