/** Verbs on files of the other kind, and options of parameters. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { parse } from "yaml";
import { parseArguments } from "../../../cli/command/arguments.js";
import { parameterChanges } from "../../../cli/command/parameter-changes.js";
import { compositionFiles, type Files, FLAT } from "../../workflow/composition-sample.js";
import { runInProcess } from "../in-process.js";

const TOY = "examples/doi-toy/analysis.yaml";

let files: Files;
let file: string;
test.before(async () => {
  files = await compositionFiles();
  file = files.write("flat.yaml", FLAT);
});
test.after(() => files.remove());

const changes = (...words: readonly string[]) => parameterChanges(parseArguments(["fit", "FILE", ...words]).options);

test("changes of parameters: lists and repeated options", () => {
  const words = [
    "--fix",
    "a,b",
    "--fix=c",
    "--free",
    "d",
    "--set-parameter",
    "a=1.5,b=-2e3",
    "--limit",
    "a=0:5",
    "--limit=b=-1:.5",
  ];
  assert.equal(changes(...words), {
    fix: ["a", "b", "c"],
    free: ["d"],
    set: { a: 1.5, b: -2000 },
    limit: { a: [0, 5], b: [-1, 0.5] },
  });
  assert.equal(changes(), { fix: [], free: [], set: {}, limit: {} });
});

test("what is no change is refused", () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ["--fix", "a,,b", /--fix: expected names separated by commas, got a,,b/],
    ["--set-parameter", "a", /--set-parameter: expected name=value, got a/],
    ["--set-parameter", "a=x", /--set-parameter: expected name=value, got a=x/],
    ["--set-parameter", "a=", /--set-parameter: expected name=value, got a=/],
    ["--limit", "a=1", /--limit: expected name=low:high, got a=1/],
    ["--limit", "a=1:2:3", /--limit: expected name=low:high/],
    ["--limit", "a=:2", /--limit: expected name=low:high/],
  ];
  for (const [option, value, pattern] of cases) assert.throws(() => changes(option, value), pattern, value);
  // A name that every object has is a name like any other: no parameter is called so.
  assert.ok(Object.hasOwn(changes("--set-parameter", "__proto__=1").set!, "__proto__"));
});

test("options and verbs of one kind of file are refused for the other, by one sentence", async () => {
  const error = async (...words: readonly string[]) => {
    const ran = await runInProcess(words);
    assert.is(ran.code, 2, words.join(" "));
    return ran.error;
  };
  assert.match(
    await error("fit", file, "--nu", "1"),
    /^unbinned: --nu: expected a measurement with simulation, got a composition \(a file with `likelihoods`\)\. Parameters take --set-parameter, /,
  );
  assert.match(await error("fit", file, "--head", "10"), /^unbinned: --head: /);
  assert.match(
    await error("run", TOY, "--fix", "a"),
    /^unbinned: --fix: expected a composition \(a file with `likelihoods`\), got a measurement with simulation\. Use --set/,
  );
  for (const verb of ["hessian", "scan", "kernels", "time"]) {
    assert.match(
      await error(verb, file),
      /likelihoods: expected a measurement with simulation, .* Use run, fit, coverage, validate, expand or steps$/m,
    );
  }
  assert.match(
    await error("fit", file, "--fix", "slop"),
    /parameters: expected one of nflat, nbkg, slope, got "slop"\. Did you mean slope\?/,
  );
});

test("fit prints each likelihood, and --out keeps what --json prints", async () => {
  const { out, code } = await runInProcess(["fit", file, "--fix", "nflat", "--set-parameter", "nflat=0"]);
  assert.is(code, 0);
  assert.match(out, /^parameter +start +estimate +sigma \(inverse Hessian\) +pull$/m);
  assert.match(out, /^nflat +0 +0 +fixed$/m);
  assert.match(out, /^nbkg +5000 +5000\.0 +70\.7$/m);
  const folder = join(files.folder, "kept");
  const json = await runInProcess(["fit", file, "--out", folder, "--json"]);
  assert.equal(JSON.parse(readFileSync(join(folder, "fit.json"), "utf8")), JSON.parse(json.out));
});

test("expand prints the graph with the names of HS3, as the options change it", async () => {
  const { out } = await runInProcess(["expand", file, "--fix", "nflat", "--limit", "slope=0:1"]);
  const graph = parse(out);
  assert.equal(graph.distributions[1], {
    name: "background",
    type: "exponential_dist",
    x: "m",
    c: "slope",
    of: ["m"],
    extended: false,
  });
  assert.equal(graph.distributions[2].type, "mixture_dist");
  assert.equal(graph.parameter_points, [
    { name: "nflat", value: 300, const: true },
    { name: "nbkg", value: 5000, const: false },
    { name: "slope", value: 0.02, min: 0, max: 1, const: false },
  ]);
  assert.equal(graph.constraints, [
    { name: "slope_constraint", type: "gaussian_dist", observed: 0.02, sigma: 0.001, parameter: "slope" },
  ]);
  assert.equal(graph.domains, [{ name: "m", min: 100, max: 180 }]);
  const json = await runInProcess(["expand", file, "--fix", "nflat", "--limit", "slope=0:1", "--json"]);
  assert.equal(JSON.parse(json.out), graph);
  // The logarithm of 0 has no value: where a fit may go as near to 0 as numbers can, the end is 0.
  const positive = files.write(
    "positive.yaml",
    FLAT.replace("{ normal: { observed: 0.02, sigma: 0.001 } }", "{ poisson: { observed: 2, scale: 100 } }"),
  );
  const { parameter_points: points } = parse((await runInProcess(["expand", positive])).out);
  assert.equal(points[2], { name: "slope", value: 0.02, min: 0, const: false });
});

test("validate says how a composition was understood, and of what no likelihood depends", async () => {
  const more = files.write("more.yaml", FLAT.replace("nbkg: 5000,", "nbkg: 5000, idle: 3,"));
  const { out, error, code } = await runInProcess(["validate", more]);
  assert.is(code, 0);
  assert.match(out, /more\.yaml is valid\.\n {2}fit: nflat, nbkg, slope\n {4}fit: 5000 events of model, extended\n$/);
  assert.match(error, /^unbinned: warning: .*more\.yaml: no likelihood depends on idle\n$/);
});

test("expand --hs3 prints a file of HS³ that fit takes", async () => {
  const printed = await runInProcess(["expand", file, "--hs3"]);
  assert.is(printed.code, 0, printed.error);
  const json = files.write("flat.json", printed.out);
  const [own, wanted] = [await runInProcess(["fit", json, "--json"]), await runInProcess(["fit", file, "--json"])];
  const resultOf = ({ out }: { readonly out: string }) => {
    const { likelihoods } = JSON.parse(out) as {
      readonly likelihoods: Readonly<Record<string, { readonly nll: number; readonly parameters: unknown }>>;
    };
    const [{ nll, parameters }] = Object.values(likelihoods) as [
      { readonly nll: number; readonly parameters: unknown },
    ];
    return { nll, parameters };
  };
  assert.equal(resultOf(own), resultOf(wanted));
  // What is said of events goes beside the file, not into it.
  const narrow = files.write("narrow.yaml", FLAT.replace("180]", "160]"));
  const part = await runInProcess(["expand", narrow, "--hs3"]);
  assert.is(part.code, 0, part.error);
  assert.match(part.error, /\d+ of 5000 events are left out/);
  assert.ok(JSON.parse(part.out).distributions.length > 0);
  const refused = await runInProcess(["expand", TOY, "--hs3"]);
  assert.is(refused.code, 2);
  assert.match(
    refused.error,
    /--hs3: expected a composition .*, got a measurement with simulation\. HS3 has formulas alone, and no flows/,
  );
  const measured = await runInProcess(["hessian", json]);
  assert.match(
    measured.error,
    /flat\.json: expected a measurement with simulation, .*got a file of HS3\. Use run, fit/,
  );
});

test.run();
