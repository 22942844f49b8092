/** Old names of keys are errors that say the new ones, in files and in --set. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readConfiguration } from "../../../workflow/configuration/configuration.js";
import type { Entry } from "../../../workflow/configuration/entries.js";
import { newPath, RENAMES } from "../../../workflow/configuration/renames.js";
import { configurationTable } from "../../../workflow/configuration/table.js";

const TOY = `
observables: { x: { features: 2 }, y: { features: 2 } }
processes: { A: , B: }
nuisances: { shift: , squeeze: }
simulation: { generator: doi-toy }
`;

function message(source: string, ...set: string[]): string {
  try {
    readConfiguration(source, "a.yaml", { set });
  } catch (error) {
    return (error as Error).message;
  }
  return "no error";
}

/** Whether the table has an entry at a path; `*` is any name of a map. */
function isThere(path: string): boolean {
  let entry: Entry | undefined = configurationTable;
  for (const part of path.split(".")) {
    if (entry?.kind === "section") entry = entry.keys[part];
    else entry = entry?.kind === "map" && part === "*" ? entry.item : undefined;
  }
  return entry !== undefined;
}

test("every new name is a key, no old one is", () => {
  for (const [from, to] of RENAMES) {
    assert.ok(isThere(to), to);
    assert.not(isThere(from), from);
  }
});

test("each old key of a file is one sentence, with its place, the new key and what to run", () => {
  const old = `${TOY}events:
  file: d.npz
fnf: { pairs: [], q: 0.1, r: 0.2 }
transfer:
profile: { box: 1, scale: 2 }
`;
  const sentence = (at: string, from: string, to: string) =>
    `a.yaml:${at}: ${from}: expected the key ${to}, as it is now called, got ${from.split(".").at(-1)}. Run: unbinned migrate a.yaml`;
  const expected = [
    sentence("6:1", "events", "data"),
    sentence("8:1", "fnf", "morph"),
    sentence("8:19", "fnf.q", "morph.quadraticDamping"),
    sentence("8:27", "fnf.r", "morph.pairDamping"),
    sentence("9:1", "transfer", "transport"),
    sentence("10:1", "profile", "response"),
    sentence("10:12", "profile.box", "response.range"),
  ];
  assert.equal(message(old).split("\n"), expected);
  assert.equal(
    message(`nuisances:\n  tilt: { centre: 1 }\n`),
    sentence("2:11", "nuisances.tilt.centre", "nuisances.tilt.nominal"),
  );
});

test("an old key in a section that has its new name already", () => {
  assert.is(
    message(`${TOY}data: { generator: doi-toy }\nresponse: { box: 1 }\n`),
    "a.yaml:7:13: response.box: expected the key response.range, as it is now called, got box. Run: unbinned migrate a.yaml",
  );
});

test("--set with an old path names the new one", () => {
  const cases = {
    "fnf.pairs=[]": "morph.pairs, as it is now called, got fnf.pairs",
    "fnf.q=1": "morph.quadraticDamping, as it is now called, got fnf.q",
    "morph.q=1": "morph.quadraticDamping, as it is now called, got morph.q",
    "transfer.training.epochs=1": "transport.training.epochs, as it is now called, got transfer.training.epochs",
    "profile.box=1": "response.range, as it is now called, got profile.box",
    "events.file=d.npz": "data.file, as it is now called, got events.file",
    "nuisances.shift.centre=1": "nuisances.shift.nominal, as it is now called, got nuisances.shift.centre",
  };
  for (const [set, expected] of Object.entries(cases))
    assert.is(message(TOY, set), `--set: expected the key ${expected}`);
  // There is no file to migrate.
  assert.is(
    message(`${TOY}data: { generator: doi-toy }\n`, "response={box: 1}"),
    "--set: response.box: expected the key response.range, as it is now called, got box",
  );
});

test("names that users chose are no old keys", () => {
  assert.equal(newPath(["nuisances", "fnf", "centre"]), ["nuisances", "fnf", "nominal"]);
  assert.equal(newPath(["nuisances", "centre"]), ["nuisances", "centre"]);
  assert.equal(newPath(["truth", "events"]), ["truth", "events"]);
  assert.equal(newPath(["data", "events"]), ["data", "events"]);
  const named = TOY.replace("shift: ,", "centre: { label: fnf },");
  assert.match(message(`${named}truth: { centre: 1 }\nevents: {}\n`), /^a\.yaml:7:1: events: [^\n]*$/);
});

test("a hundred old keys are enough", () => {
  const nuisances = Array.from({ length: 1000 }, (_, i) => `  n${i}: { centre: 1 }`).join("\n");
  const lines = message(`nuisances:\n${nuisances}\n`).split("\n");
  assert.is(lines.length, 101);
  assert.match(lines.at(-1)!, /^a\.yaml: there may be more problems\. Mend these first$/);
});

test.run();
