import { test } from "uvu";
import * as assert from "uvu/assert";
import { lost, type PagePart, tables } from "../../../workflow/report/leaves.js";
import { reportOf } from "../../../workflow/report/page.js";
import type { Picture } from "../../../workflow/store/drawings.js";
import { outcome, pageOf, warnings } from "./outcome-sample.js";

const SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"></svg>';
const drawn = (name: string): Picture => ({ name, file: `${name}.svg`, svg: SVG });
const PICTURES = ["nuisances", "scan-shift", "replicas", "projections", "displacement-y", "closure-x-A", "losses"].map(
  drawn,
);

test("a page is a fold over what parts left: those of one heading are one section, and a part may have nothing", () => {
  const table = (caption: string) => ({ caption, columns: ["a"], rows: [["b"]] });
  const said: string[] = [];
  const frame = { title: "Any", seed: 1, verdicts: [], leftOut: ["s"], warnings: ["w"], configuration: "c" };
  const parts: PagePart[] = [
    { sentence: () => "One. ", sections: [{ heading: "A", text: () => "first", figures: [["p", "of p"]] }] },
    { sections: [{ heading: "B", text: () => "alone", tables: [tables("b", () => [table("of b")])] }] },
    { sections: [{ heading: "C", text: () => "without anything" }] },
    {
      top: [tables("t", () => [table("top")]), lost(new Map([["Part", "why"]]), "Part", "Other")],
      sections: [{ heading: "A", text: () => ", second", tables: [tables("a", () => [table("of a")])] }],
    },
    { sections: [{ heading: "A", text: () => "", tables: [tables("broken", () => [{ ...table("x"), rows: [[]] }])] }] },
    {},
  ];
  const pictures = ["p-1", "q", "p-2"].map(drawn);
  const report = reportOf(frame, parts, pictures, (text) => said.push(text));
  assert.is(report.result, "One. ");
  assert.equal([report.warnings, report.leftOut], [["w"], ["s"]]);
  assert.equal(
    report.tables.map(({ caption }) => caption),
    ["top"],
  );
  assert.equal(report.missing, [{ missing: '"Part"', problem: "why" }]);
  const [a, b, ...none] = report.sections;
  assert.equal(none, []);
  assert.equal([a!.heading, a!.text, b!.heading], ["A", "first, second", "B"]);
  assert.equal(
    a!.figures.map(({ caption }) => caption),
    ["of p", "of p"],
  );
  assert.equal(
    a!.tables.map(({ caption }) => caption),
    ["of a"],
  );
  assert.is(a!.missing![0]!.missing, "broken");
  assert.is(said.length, 1);
});

test("sections come in their order, and only those that have something to show", () => {
  const { sections, tables, missing } = pageOf(outcome, PICTURES);
  assert.equal(
    sections.map(({ heading }) => heading),
    [
      "Fit",
      "Ensemble",
      "Likelihood scans",
      "Data before and after the fit",
      "Distribution of interest",
      "Closure",
      "Trainings",
    ],
  );
  assert.equal(
    tables.map(({ caption }) => caption.split(":")[0]),
    ["Nuisances", "Events by process"],
  );
  assert.equal(missing, []);
});

test("the fit section says in full sentences which fit is the result, and what its errors come from", () => {
  const [fit] = pageOf(outcome, PICTURES).sections;
  assert.match(fit!.text, "The result is the fit with T profiled. Converged after 3 evaluations.");
  assert.match(fit!.text, "The data have 1000 events.");
  assert.match(fit!.text, "Errors come from the inverse of the Hessian of −ln L, made of exact second derivatives.");
});

test("the fit section says which way T responds to the nuisances, where it does", () => {
  const textWith = (response: object | undefined) => {
    const fitted = { ...outcome.fitted, model: { response } } as unknown as typeof outcome.fitted;
    return pageOf({ ...outcome, fitted }, PICTURES).sections[0]!.text;
  };
  assert.not.match(textWith(undefined), "When the nuisances move");
  assert.match(textWith({}), "When the nuisances move, T undoes exactly what they do to p(y | x).");
  assert.match(textWith({ actsOn: "simulation" }), "T undoes exactly what they do to p(y | x).");
  const inFront = textWith({ actsOn: "data" });
  assert.match(inFront, "T responds by one trained map, which acts on the data in front of T (arXiv:2602.13184;");
  assert.not.match(inFront, "T undoes exactly");
});

test("the section of the projections says how the fit is judged, and its p-value", () => {
  const section = pageOf(outcome, PICTURES).sections.find(({ heading }) => heading.startsWith("Data before"))!;
  assert.match(section.text, "corrected for their number, is below 0.001. Here it is 0.80, of 6 tests.");
});

test("a picture that could not be drawn is said in its place", () => {
  const pictures = [...PICTURES.slice(1), { name: "nuisances", file: "nuisances.svg", problem: "no room" }];
  const [fit] = pageOf(outcome, pictures).sections;
  assert.equal(fit!.figures, []);
  assert.equal(fit!.missing, [{ missing: "the picture nuisances", problem: "no room" }]);
});

test("a part that could not be made is said in its section", () => {
  const missing = new Map([["Likelihood scans", "out of bounds"]]) as typeof outcome.missing;
  const { sections } = pageOf({ ...outcome, scans: [], missing }, []);
  const scans = sections.find(({ heading }) => heading === "Likelihood scans")!;
  assert.equal(scans.missing, [{ missing: '"Likelihood scans"', problem: "out of bounds" }]);
});

test("warns where a table cannot be made, and says so in the page", () => {
  warnings.length = 0;
  const yields = [
    {
      name: "A",
      before: 1,
      get after(): number {
        throw new Error("no yield");
      },
    },
  ];
  const report = pageOf({ ...outcome, yields }, PICTURES);
  assert.equal(report.missing, [{ missing: "the table of yields", problem: "no yield" }]);
  assert.equal(warnings, ["the table of yields of the report: left out, as it cannot be made: no yield"]);
});

test.run();
