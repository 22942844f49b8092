/** What the trainings leave: their losses, and whether they converged. */
import type { RunContext } from "../../context.js";
import type { Outcome } from "../../recipes/outcome.js";
import { type Numbers, type PagePart, tables } from "../leaves.js";
import { lossPicture } from "../pictures.js";
import { trainingTable } from "../tables.js";

type Trained = Pick<Outcome, "trainings">;

export const trainingNumbers = ({ trainings }: Trained) =>
  ({ results: { trainings: trainings.map(({ label, summary }) => ({ label, ...summary })) } }) satisfies Numbers;

const TEXT =
  "A training has converged if going on would gain little. To see this, the parameters are moved on along the way that they took in " +
  "the second half of the steps, and the losses of the same events with and without that move are compared. A training whose " +
  "loss is still falling, that diverged, or that had too few steps or events to say is among the warnings where this matters for " +
  "the fit.";

export const trainingPage = (context: RunContext, outcome: Trained): PagePart => ({
  pictures: [{ name: "losses", drawings: () => lossPicture(context, outcome.trainings) }],
  sections: [
    {
      heading: "Trainings",
      text: () => TEXT,
      figures: [
        [
          "losses",
          "The training loss is the mean over the steps of an epoch. The validation loss is that of held-out events.",
        ],
      ],
      tables: [tables("the table of trainings", () => [trainingTable(outcome)])],
    },
  ],
});
