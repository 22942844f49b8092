/** The report of a composition. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { undecided } from "../../../flows/training/convergence.js";
import { buildReport } from "../../../workflow/report/html.js";
import type { NamedTraining } from "../../../workflow/steps/trainings/training-step.js";
import { drawAll } from "../../../workflow/store/drawings.js";
import { verdictText } from "../../../workflow/verdicts.js";
import { compositionReport, drawingsOf, outcome, verdict } from "./composition-sample.js";

const silent = () => {
  throw new Error("nothing to warn of");
};
const whole = { trainings: [], noise: [], likelihoods: [outcome], verdicts: [verdict] };

test("pictures: a projection with its summands, pulls of what is constrained, scans; no correlation of one parameter", () => {
  const pictures = drawAll(drawingsOf(whole), silent);
  assert.equal(
    pictures.map(({ file }) => file),
    ["projections.fit.fit.m.svg", "pulls.fit.all.svg", "scan.fit.c.svg"],
  );
  const [projection] = pictures;
  assert.ok(projection && "svg" in projection);
  for (const word of ["flat", "falling", "before fit", "after fit"]) assert.match(projection.svg, word);
});

test("a projection counts the events of its channel, a scan those of all channels", () => {
  const { plan, events, projections } = outcome;
  const [first] = plan.channels;
  const two = {
    ...outcome,
    plan: { ...plan, channels: [first!, { ...first!, name: "other" }] },
    events: [events[0]!, { ...events[0]!, data: { ...events[0]!.data, count: 4 } }],
    projections: [projections[0]!, { ...projections[0]!, channel: "other" }],
  };
  const pictures = drawAll(drawingsOf({ trainings: [], noise: [], likelihoods: [two], verdicts: [] }), silent);
  const counts = pictures.map((own) => "svg" in own && /N = (\d+)/.exec(own.svg)?.[1]);
  assert.equal(counts, ["3", "4", "7", "7"]);
});

test("the page: verdict first, then parameters, then each likelihood", () => {
  const pictures = drawAll(drawingsOf(whole), silent);
  const page = buildReport(compositionReport(whole, pictures, ["a warning"], silent));
  const at = (text: string) => {
    assert.ok(page.includes(text), text);
    return page.indexOf(text);
  };
  const order = [
    "The likelihood fit gives a = 0, c = 0.0212 ± 0.0030; these numbers are not for use as they stand.",
    "1 check failed",
    "a warning",
    "Parameters of fit",
    "2 of 5 events are left out, as they have m outside of 0 to 4",
    "Channels of fit",
    "Expected numbers of events are integrals of the density over the bins.",
    "Scan of c, fit",
  ].map(at);
  assert.equal(
    order,
    order.toSorted((a, b) => a - b),
  );
});

test("likelihoods of names that begin alike have their own pictures", () => {
  const twin = { ...outcome, plan: { ...outcome.plan, name: "fit-m" } };
  const both = { trainings: [], noise: [], likelihoods: [outcome, twin], verdicts: [] };
  const pictures = drawAll(drawingsOf(both), silent);
  const { sections } = compositionReport(both, pictures, [], silent);
  assert.equal(
    sections.map(({ heading, figures }) => [heading, figures.length]),
    ["fit", "fit-m"].flatMap((name) => [
      [`Fit of ${name}`, 1],
      [`Projections of ${name}`, 1],
      [`Scans of ${name}`, 1],
    ]),
  );
});

test("a part that could not be made says so", () => {
  const missing = new Map([
    ["Projections", "too few events"],
    ["Asymmetric errors", "no crossing"],
  ] as const);
  const without = { trainings: [], noise: [], likelihoods: [{ ...outcome, projections: [], missing }], verdicts: [] };
  const report = compositionReport(without, [], [], silent);
  const fit = report.sections.find(({ heading }) => heading === "Fit of fit")!;
  assert.equal(fit.missing, [{ missing: '"Asymmetric errors"', problem: "no crossing" }]);
  const page = buildReport(report);
  assert.match(
    page,
    /Here &quot;Projections&quot; is missing, as it could not be made: too few events|Here "Projections" is missing, as it could not be made: too few events/,
  );
});

test("a warning that a failed check says is not said twice", () => {
  const own = compositionReport(whole, [], [verdictText(verdict), "a warning"], silent);
  assert.equal([own.failed, own.warnings], [[verdict], ["a warning"]]);
});

test("what could not be drawn or made costs a part of the page and nothing else", () => {
  const said: string[] = [];
  const broken = { ...outcome, projections: undefined as unknown as typeof outcome.projections };
  const own = { trainings: [], noise: [], likelihoods: [broken], verdicts: [] };
  const pictures = drawAll(drawingsOf(own), (text) => said.push(text));
  assert.match(said[0]!, /picture projections\.fit: left out, as it cannot be drawn/);
  assert.equal(
    pictures.filter((picture) => "svg" in picture).map(({ file }) => file),
    ["pulls.fit.all.svg", "scan.fit.c.svg"],
  );
});

test("parts of the page know of no order of likelihoods: trainings stand behind them, with their losses", () => {
  const training = { label: "density bell", of: "density", recipe: "densities.bell.flow.training" } as const;
  const summary = {
    stopped: "finished",
    message: "",
    keptEpoch: 1,
    bestEpoch: 1,
    initialValidationLoss: null,
    convergence: undecided("a test"),
    history: [{ epoch: 1, steps: 4, trainingLoss: 1.5, validationLoss: 1.6, rate: 0 }],
  } as unknown as NamedTraining["summary"];
  const own = { trainings: [{ ...training, summary }], noise: [], likelihoods: [outcome], verdicts: [] };
  const pictures = drawAll(drawingsOf(own), silent);
  assert.ok(pictures.some(({ name }) => name === "losses.all"));
  const { sections } = compositionReport(own, pictures, [], silent);
  assert.is(sections.at(-1)!.heading, "Trainings");
  assert.equal([sections.at(-1)!.figures.length, sections.at(-1)!.tables.length], [1, 1]);
});

test.run();
