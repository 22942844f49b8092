/** The steps of a composition as a graph, and runs that do some of them. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseArguments } from "../../../cli/command/arguments.js";
import { runInProcess } from "../../cli/in-process.js";
import { compositionFiles, type Files, FLAT } from "../composition-sample.js";

let files: Files;
let file: string;
let out: string;
test.before(async () => {
  files = await compositionFiles();
  const two = FLAT.replace("likelihoods: { fit:", "likelihoods: { other: { density: model, sample: data }, fit:");
  file = files.write(
    "two.yaml",
    `${two}fit: { minos: true }\nscan: { parameters: [nflat, nbkg], pairs: [[nflat, slope], [nbkg, slope]], points: 5, grid: 3 }\n`,
  );
  out = join(files.folder, "chosen");
});
test.after(() => files.remove());

const call = (verb: string, ...words: readonly string[]) =>
  runInProcess([verb, file, "--out", out, "--threads", "1", ...words], { judgesTrainings: true });

interface Row {
  readonly name: string;
  readonly kind: string;
  readonly state: string;
  readonly needs: readonly string[];
}

async function rows(): Promise<Row[]> {
  const { code, out: text, error } = await call("steps", "--json");
  assert.is(code, 0, error);
  return JSON.parse(text).steps;
}

const done = async () => (await rows()).filter(({ state }) => state === "done").map(({ name }) => name);
const results = () => JSON.parse(readFileSync(join(out, "results.json"), "utf8"));

test("every step behind the fit of its likelihood needs it, and no other; kinds are the beginnings of the names", async () => {
  const found = await rows();
  assert.ok(found.some(({ name }) => name === "scan.other.nbkg"));
  for (const { name, kind, needs, state } of found) {
    const [first, likelihood] = name.split(".");
    assert.is(kind, first);
    assert.equal(needs, kind === "fit" ? [] : [`fit.${likelihood}`], name);
    assert.is(state, "missing");
  }
  assert.not.ok(existsSync(out), "looking writes nothing");
});

test("--only does a scan and its fit: the results have this likelihood, and say what is left out", async () => {
  const { code, error } = await call("run", "--only", "scan.fit.nflat");
  assert.is(code, 0, error);
  assert.equal(await done(), ["fit.fit", "scan.fit.nflat"]);
  const { likelihoods, warnings } = results();
  assert.equal(Object.keys(likelihoods), ["fit"]);
  assert.equal(
    likelihoods.fit.scans.map(({ name }: { readonly name: string }) => name),
    ["nflat"],
  );
  assert.equal(likelihoods.fit.pairs, []);
  assert.equal(likelihoods.fit.missing.map(({ part }: { readonly part: string }) => part).slice(0, 2), [
    "Asymmetric errors",
    "Projections",
  ]);
  const left = warnings.find((text: string) => text.startsWith("left out, as they are not done:"));
  for (const name of ["fit.other", "scan.other.nflat", "minos.fit", "scan.fit.nbkg", "projections.fit"]) {
    assert.match(left, name);
  }
});

test("a pair that is done is in the results beside single scans, and without any", async () => {
  const names = (own: { readonly pairs: readonly { readonly names: readonly string[] }[] }) =>
    own.pairs.map((pair) => pair.names);
  const { code, error, out: text } = await call("run", "--only", "scan.fit.nflat+slope,scan.other.nbkg+slope");
  assert.is(code, 0, error);
  assert.match(text, "Every check that was made passed.");
  const { fit, other } = results().likelihoods;
  assert.equal([fit.scans.length, names(fit)], [1, [["nflat", "slope"]]]);
  assert.equal([other.scans.length, names(other)], [0, [["nbkg", "slope"]]]);
});

test("every name that steps prints can be asked for", async () => {
  for (const { name } of await rows()) {
    const { only, from } = parseArguments(["run", file, "--only", name, "--from", name]).options;
    assert.equal([only, from], [[name], name]);
  }
});

test("a run does the rest, and ends where a run from nothing ends; --from repeats to the same", async () => {
  assert.is((await call("run")).code, 0);
  const whole = join(files.folder, "whole");
  const { code } = await runInProcess(["run", file, "--out", whole, "--threads", "1"], { judgesTrainings: true });
  assert.is(code, 0);
  const text = readFileSync(join(whole, "results.json"), "utf8");
  assert.is(readFileSync(join(out, "results.json"), "utf8"), text);
  const again = await call("run", "--from", "fit.fit");
  assert.is(again.code, 0, again.error);
  for (const name of ["fit.fit", "scan.fit.nbkg", "minos.fit"])
    assert.not.match(again.out, `${name}: kept from before`);
  for (const name of ["fit.other", "scan.other.nbkg"]) assert.match(again.out, `${name}: kept from before`);
  assert.is(readFileSync(join(out, "results.json"), "utf8"), text);
});

/** Two flows with a likelihood of each, and a likelihood without any. */
const FLOW = "{ of: [m], train: data, kind: affine, transforms: 1, training: { epochs: 1 } }";
const FLOWS = FLAT.replace(
  /densities:.*/s,
  `densities:
  flat: { uniform: m }
  first: { flow: ${FLOW} }
  second: { flow: ${FLOW} }
  model: { mixture: { flat: nflat, first: nbkg } }
  other: { mixture: { flat: nflat, second: nbkg } }
  plain: { mixture: { flat: nbkg } }
likelihoods: { a: { density: model, sample: data }, b: { density: other, sample: data }, c: { density: plain, sample: data } }
`,
);

test("a training that was not asked for leaves out the likelihoods that are made of it, and no other", async () => {
  const flows = files.write("flows.yaml", FLOWS);
  const folder = join(files.folder, "flows");
  const only = (name: string) =>
    runInProcess(["run", flows, "--out", folder, "--threads", "1", "--only", name], { judgesTrainings: false });
  const kept = () => readdirSync(join(folder, "steps")).flatMap((name) => /^(.*)\.safetensors$/.exec(name)?.[1] ?? []);
  const none = await only("train.second");
  assert.is(none.code, 0, none.error);
  assert.match(none.out, "No results yet: they are made of the fits, and the step train.first is not done.");
  assert.equal(kept(), ["train.second"]);
  const likelihoods = () => Object.keys(JSON.parse(readFileSync(join(folder, "results.json"), "utf8")).likelihoods);
  const plain = await only("fit.c");
  assert.is(plain.code, 0, plain.error);
  assert.equal(likelihoods(), ["c"]);
  const trained = await only("fit.b");
  assert.is(trained.code, 0, trained.error);
  assert.equal(likelihoods(), ["b", "c"]);
  assert.equal(kept().sort(), ["fit.b", "fit.c", "train.second"]);
});

test("numbers of events that rest on trained flows are looked at: before regions by validate, in them by run and coverage", async () => {
  const region = "region: { m: [[100, 140]] }";
  const shares = FLOWS.replace("nflat: 300", "nflat: 0.25")
    .replace("nbkg: 5000", "nbkg: 0.75")
    .replace(
      /likelihoods:.*/,
      `likelihoods: { a: { density: model, sample: data, ${region} }, b: { density: other, sample: data } }`,
    );
  const file = files.write("shares.yaml", shares);
  const words = ["--out", join(files.folder, "shares"), "--threads", "1"];
  const said = async (...verb: readonly string[]) => {
    const { error } = await runInProcess(verb, { judgesTrainings: false });
    const own = (name: string) => [
      ...error.matchAll(
        new RegExp(`likelihood ${name}: the channel ${name} is .* expects (\\S+) events (.*), where`, "g"),
      ),
    ];
    return ["a", "b"].map((name) => own(name).map(([, expected, where]) => `${expected} ${where}`));
  };
  assert.equal(await said("validate", file), [["1.00 before its region"], ["1.00 at the start"]]);
  for (const verb of [
    ["run", file],
    ["coverage", file, "--toys", "2"],
  ]) {
    const [inRegion, whole] = await said(...verb, ...words);
    assert.equal(whole, ["1.00 at the start"], verb[0]);
    assert.match(inRegion!.join(), /^0\.\d+ at the start$/, verb[0]);
  }
});

test("without any fit there are no results; unknown names are refused", async () => {
  out = join(files.folder, "none");
  const { code, error } = await call("run", "--only", "scan.fit.nflatt");
  assert.is(code, 2);
  assert.is(
    error,
    "unbinned: --only: expected a step of the analysis, got scan.fit.nflatt. Did you mean scan.fit.nflat?\n",
  );
  assert.not.ok(existsSync(join(out, "results.json")));
});

test.run();
