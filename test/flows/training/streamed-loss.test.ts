/** Losses of held-out events that are read piece after piece are those of the same events in memory. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { add, div, mul, square, sub, sumEvents } from "../../../engine/tape/operations.js";
import { splitSample } from "../../../flows/training/event-sample.js";
import { lossOfSamples } from "../../../flows/training/grouped-loss.js";
import { streamedLoss } from "../../../flows/training/streamed-loss.js";
import { lossProgram, type ModelBuilder, validationProgram } from "../../../flows/training/training-program.js";
import { close } from "../../support/close.js";
import { streamOf } from "./small-streams.js";
import { forEachTrainer, optimiser, scalars, weightedEvents } from "./small-trainings.js";

/** Weighted squares of distances, and a penalty that has no events. */
const model: ModelBuilder = (tape, { events }) => {
  const [x, w, theta] = [tape.column("x"), tape.column("w"), tape.parameter("theta")];
  const loss = add(div(sumEvents(mul(w, square(sub(x, theta)))), events!), mul(square(theta), 0.5));
  return { loss, trainable: [{ parameters: [theta], optimiser }] };
};

forEachTrainer(({ on, rounding, backend }) => {
  for (const [block, perPiece] of [
    [7, 3],
    [400, 1],
    [1, 50],
  ] as const) {
    test(`in blocks of ${block}, as a whole and in groups, ${on}`, async () => {
      const sample = weightedEvents(300, 4);
      const initial = scalars({ theta: 0 });
      const stream = streamOf(sample, { window: 10, block, perPiece });
      const { validation } = splitSample(sample, { seed: 1, purpose: "test", validation: 0.25 });
      const held = { events: validation };
      const stored = lossOfSamples(await validationProgram(await backend, model, held, initial), held);
      const { heldOut } = await stream.totalWeights();
      const streamed = streamedLoss(stream, await lossProgram(await backend, model, { events: heldOut }, initial));
      assert.equal(streamed.counts, stored.counts);
      for (const theta of [0.3, 2]) {
        const parameters = scalars({ theta });
        const tolerance = { absolute: 10 * rounding, relative: 10 * rounding };
        close([await streamed.whole(parameters)], [await stored.whole(parameters)], tolerance);
        for (const groups of [1, 8, 1000]) {
          const random = { seed: 5, purpose: "groups" };
          const parts = await Promise.all([streamed, stored].map((own) => own.inGroups(groups, random)));
          close(await parts[0]!(parameters), [...(await parts[1]!(parameters))], tolerance);
        }
      }
      await streamed.close();
      await stored.close();
    });
  }
});

test.run();
