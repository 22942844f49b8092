import { test } from "uvu";
import * as assert from "uvu/assert";
import { buildReport, type Report } from "../../../workflow/report/html.js";
import { nuisanceTable, yieldTable } from "../../../workflow/report/tables.js";
import { pictures } from "../../inference/plots/samples.js";
import { requireWellFormed } from "../../inference/plots/well-formed.js";

const report: Report = {
  title: "Toy analysis",
  version: "0.1.0",
  seed: 1,
  result: "The fit with T profiled gives shift = 0.486 ± 0.009.",
  failed: [],
  warnings: ["Closure of p(y | x, A) at shift = +1 fails in y₁: χ²/ndf = 84.2 / 30, p < 10⁻⁶."],
  tables: [
    nuisanceTable(
      "Nuisances",
      ["T fixed", "T profiled"],
      [
        { name: "shift", estimate: 0.48623, sigmas: [0.0060123, 0.0094], truth: 0.5 },
        { name: "squeeze", estimate: -0.52318, sigmas: [0.0061, 0.0096], truth: -0.5 },
      ],
    ),
    yieldTable(
      [
        { name: "A", before: 25_000, after: 24_871.4, sigma: 212.3 },
        { name: "B", before: 25_000, after: 25_128.6 },
      ],
      50_000,
    ),
  ],
  sections: ["scan2d", "projections", "quiver", "pulls"].map((plot) => ({
    heading: `About ${plot}`,
    text: "First paragraph.\n\nSecond paragraph, in which 1 < 2.",
    figures: pictures
      .filter((picture) => picture.plot === plot)
      .map(({ draw, data }) => ({ svg: draw(data), caption: data.title })),
    tables: [],
  })),
  configuration: "seed: 1\nlikelihood:\n  observables: [x, y] # <both>\n",
};

/** HTML has void elements and a doctype; without them the page is XML. */
const asXml = (html: string) => html.replace("<!doctype html>\n", "").replace(/<meta [^>]*>\n/g, "");

test("a report is well-formed and asks nothing of the network", () => {
  const html = buildReport(report);
  requireWellFormed(asXml(html));
  assert.match(html, "default-src 'none'");
  assert.not.match(html, /<script|<link|<img|src=|@import|url\(/);
  assert.is.not(html.indexOf("1 warning"), -1);
  assert.ok(html.indexOf("1 warning") < html.indexOf("<table>"), "warnings stand first");
  assert.is(html.match(/<figure /g)?.length, report.sections.flatMap((section) => section.figures).length);
  for (const [, href] of html.matchAll(/href="#([^"]*)"/g)) assert.match(html, `id="${href}"`);
});

test("a report says so when there is nothing to warn of", () => {
  assert.match(buildReport({ ...report, warnings: [] }), "No warnings.");
});

test("first stands the result, then a red box of what failed with advice, or a green line, then warnings", () => {
  const failed = [
    { check: "closure", text: "closure: p(x) fails where x < 2", advice: "Simulate more" },
    { check: "spike", text: "5 events have x = -999", advice: "" },
  ];
  const html = buildReport({ ...report, failed });
  requireWellFormed(asXml(html));
  const places = [
    '<p class="result">The fit with T profiled gives shift',
    '<aside class="verdict failed">\n<h2>2 checks failed</h2>',
    "<li><strong>closure</strong>: p(x) fails where x &lt; 2. <em>Simulate more.</em></li>",
    "<li><strong>spike</strong>: 5 events have x = -999.</li>",
    "1 warning",
    "<table>",
  ].map((part) => html.indexOf(part));
  assert.ok(
    places.every((place, i) => place > (places[i - 1] ?? 0)),
    `${places}`,
  );
  assert.not.match(html, "Every check passed");
  const passed = buildReport(report);
  assert.match(passed, '<p class="verdict passed">Every check passed.</p>');
  assert.not.match(passed, "verdict failed");
  assert.not.match(buildReport({ ...report, result: "", failed: undefined }), /class="(?:result|verdict)/);
  for (const name of ["result", "verdict", "failed", "passed"]) assert.match(html, `\n.${name} {`);
});

test("checks of steps that are left out did not pass: the page names the steps", () => {
  const leftOut = ["scan.fit.<mu>", "impacts.fit"];
  const said = "not known, as they are not done: scan.fit.&lt;mu&gt;, impacts.fit.</p>";
  for (const [failed, verdict] of [
    [[], '<p class="verdict passed">Every check that was made passed.</p>'],
    [[{ check: "spike", text: "a spike", advice: "" }], "<h2>1 check failed</h2>"],
  ] as const) {
    const html = buildReport({ ...report, failed, leftOut });
    requireWellFormed(asXml(html));
    assert.match(html, verdict);
    assert.match(html, said);
    assert.not.match(html, "Every check passed.");
  }
  assert.not.match(buildReport(report), 'class="unchecked"');
});

test("a report escapes every text", () => {
  const bad = `<b>&"'`;
  const html = buildReport({
    title: bad,
    version: bad,
    seed: 1,
    result: bad,
    failed: [{ check: bad, text: bad, advice: bad }],
    warnings: [bad],
    tables: [{ caption: bad, columns: [bad, bad], rows: [[bad, bad]] }],
    sections: [
      { heading: bad, text: bad, figures: [{ svg: report.sections[0]!.figures[0]!.svg, caption: bad }], tables: [] },
    ],
    configuration: bad,
  });
  requireWellFormed(asXml(html));
  assert.not.match(html, "<b>");
  assert.is(html.match(/&lt;b&gt;&amp;&quot;&#39;/g)?.length, 18);
});

test("tables round numbers, use true minus signs and dashes for what does not exist", () => {
  const html = buildReport({
    ...report,
    tables: [
      { caption: "t", columns: ["a", "b", "c", "d", "e"], rows: [["row", -0.0123456, 100_000, undefined, 2.5e-7]] },
    ],
  });
  assert.match(html, "<td>−0.01235</td><td>100\u202f000</td><td>–</td><td>2.500 × 10⁻⁷</td>");
});

test("yields and nuisances become tables whose sums and labels are right", () => {
  const yields = report.tables[1]!;
  assert.equal(yields.rows[0], ["A", "25\u202f000.0", "24\u202f871 ± 212"]);
  assert.equal(yields.rows.at(-2), ["sum", "50\u202f000.0", "50\u202f000.0"]);
  assert.is(report.tables[0]!.caption, "Nuisances, in prior standard deviations");
  assert.equal(report.tables[0]!.columns, ["nuisance", "estimate", "σ, T fixed", "σ, T profiled", "truth"]);
  assert.equal(report.tables[0]!.rows[1], ["squeeze", "−0.5232", "0.00610", "0.00960", -0.5]);
});

test("a table refuses rows of the wrong length and numbers that are not finite", () => {
  const withRow = (row: (number | string)[]) => ({
    ...report,
    tables: [{ caption: "yields", columns: ["a", "b"], rows: [row] }],
  });
  assert.throws(
    () => buildReport(withRow(["x"])),
    /buildReport: expected 2 cells in each row of the table "yields", got 1 in the row of x\. Put undefined/,
  );
  assert.throws(
    () => buildReport(withRow(["x", Number.NaN])),
    /buildReport: expected finite numbers in the table "yields", got NaN\. Find where/,
  );
});

test("a figure that is not SVG is refused", () => {
  const section = { ...report.sections[0]!, figures: [{ svg: "scan.svg", caption: "" }] };
  assert.throws(
    () => buildReport({ ...report, sections: [section] }),
    /buildReport: expected SVG text from a plot function in a figure, got "scan\.svg"\. Pass the string/,
  );
});

test.run();
