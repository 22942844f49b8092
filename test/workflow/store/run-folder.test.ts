import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readSafetensors, writeNpz, writeSafetensors } from "../../../io/index.js";
import { sha256 } from "../../../workflow/store/checksum.js";
import { runInProcess } from "../../cli/in-process.js";
import { randomNumbers } from "../../support/random-numbers.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-run-folder-"));
const at = (...names: string[]) => join(folder, ...names);
test.after(() => rmSync(folder, { recursive: true }));

const common = `
observables: { x: { features: 1, labels: ["p_T [GeV/c]/../../../ESCAPED"] } }
flows: { x: { kind: affine, transforms: 1, hidden: [4], training: { epochs: 2, batch: 200 } } }
morph: { x: { kind: affine, hidden: [4], training: { epochs: 2, batch: 200 } } }
likelihood: { observables: [x] }
scan: { points: 3, grid: 3, range: 1 }
report: { bins: 8 }
`;

/** Names that differ in case alone, are devices of Windows, or are too long for a file; labels that lead elsewhere. */
const LONG = "n".repeat(200);
const HOSTILE = `
name: ../../name
processes:
  CON: { yield: 150, label: ../../ESCAPED, samples: [{ file: a.npz }, { file: b.npz, at: { JES: 1 } }, { file: b.npz, at: { jes: 1 } }] }
  con: { yield: 250, samples: [{ file: b.npz }, { file: a.npz, at: { NUL: 1 } }, { file: a.npz, at: { ${LONG}: -1 } }] }
nuisances:
  NUL: { label: ../../ESCAPED, processes: [con] }
  JES: { processes: [CON] }
  jes: { processes: [CON] }
  ${LONG}: { processes: [con] }
data: { file: events.npz }
${common}`;

const PLAIN = `
name: Plain
processes: { near: { yield: 150, samples: [{ file: a.npz }] }, far: { yield: 250, samples: [{ file: b.npz }] } }
nuisances: { norm: { kind: rate, processes: [far], kappa: 0.2 } }
data: { file: events.npz }
${common}`;

const call = (...words: string[]) => runInProcess([...words, ...(words[0] === "export" ? [] : ["--threads", "1"])]);

async function good(...words: string[]): Promise<string> {
  const { code, error, out } = await call(...words);
  assert.is(code, 0, error);
  return out;
}

async function refused(message: RegExp, ...words: string[]): Promise<void> {
  const { code, error } = await call(...words);
  assert.is(code, 2, error);
  assert.match(error, message);
}

const plain = at("plain.yaml");

test.before(async () => {
  writeFileSync(at("hostile.yaml"), HOSTILE);
  writeFileSync(plain, PLAIN);
  const random = randomNumbers(5);
  const column = (count: number, mean: number) => ({
    x: { shape: [count], data: Float64Array.from({ length: count }, () => mean + 3 * (random() + random() - 1)) },
  });
  await writeNpz(at("a.npz"), column(400, 0));
  await writeNpz(at("b.npz"), column(400, 2));
  await writeNpz(at("events.npz"), column(300, 1.2));
  await writeNpz(at("one.npz"), column(1, 1.2));
  await good("run", plain, "--out", at("plain"));
});

/** Verbs that read the folder of a run. */
const readers = (run: string): string[][] => [
  ["evaluate", plain, "--run", run, "--out", at("none.npz")],
  ["fit", plain, "--run", run],
  ["hessian", plain, "--run", run],
  ["scan", plain, "--run", run, "--out", at("none")],
  ["export", plain, "--run", run, "--out", at("none")],
];

test("names and labels decide nothing about where files are", async () => {
  mkdirSync(at("deep", "er"), { recursive: true });
  await good("run", at("hostile.yaml"), "--out", at("deep", "er", "out"));
  const escaped = readdirSync(folder, { recursive: true }).map(String);
  assert.equal(
    escaped.filter((name) => name.includes("ESCAPED") && !name.startsWith(join("deep", "er", "out"))),
    [],
  );
  assert.equal(readdirSync(at("deep", "er")), ["out"]);
  const steps = readdirSync(at("deep", "er", "out", "steps"));
  const morphs = steps.filter((name) => name.startsWith("x.morph."));
  // Of each nuisance a simple morph and what it leaves, at least.
  assert.ok(morphs.length >= 4 * 2);
  assert.is(new Set(morphs.map((name) => name.toLowerCase())).size, morphs.length);
  const pictures = readdirSync(at("deep", "er", "out", "pictures"));
  // Four nuisances have six pairs.
  assert.is(pictures.filter((name) => name.startsWith("scan-")).length, 4 + 6);
  assert.is(pictures.filter((name) => name.startsWith("closure-x-")).length, 2);
  for (const name of [...steps, ...pictures]) assert.match(name, /^[\w.~-]{1,120}$/);
  const again = await good("run", at("hostile.yaml"), "--out", at("deep", "er", "out"));
  assert.not.match(again, /^train/m);
});

test("data of a single event: the fit is the result, and what cannot be drawn says why", async () => {
  const yields = ["--set", "processes.near.yield=0.3", "--set", "processes.far.yield=0.7"];
  const { code, error } = await call("run", plain, "--out", at("single"), "--set", "data.file=one.npz", ...yields);
  assert.is(code, 0, error);
  assert.match(error, /warning: picture projections: left out, as it cannot be drawn: the data are too few/);
  const { fits } = JSON.parse(readFileSync(at("single", "results.json"), "utf8"));
  assert.is(fits.xAlone.status, "converged");
  const html = readFileSync(at("single", "report.html"), "utf8");
  assert.match(
    html,
    /<p class="missing">Here the picture projections is missing, as it could not be made: the data are/,
  );
});

test("links in the folder are not followed, neither to write nor to delete", async () => {
  for (const name of ["pictures", "steps"]) {
    mkdirSync(at(`dear-${name}`));
    mkdirSync(at(`with-${name}`));
    symlinkSync(at(`dear-${name}`), at(`with-${name}`, name));
    await refused(
      new RegExp(`with-${name}/${name}: expected a folder of its own .*, got a link\\. Remove the link`),
      "run",
      plain,
      "--out",
      at(`with-${name}`),
    );
    assert.equal(readdirSync(at(`dear-${name}`)), []);
  }
  mkdirSync(at("dear-coverage"));
  symlinkSync(at("dear-coverage"), at("with-steps", "coverage"));
  await refused(/with-steps\/coverage: .* got a link/, "coverage", plain, "--toys", "1", "--out", at("with-steps"));
  assert.equal(readdirSync(at("dear-coverage")), []);

  mkdirSync(at("dear", "sub"), { recursive: true });
  writeFileSync(at("dear", "sub", ".a.0123456789ab.tmp"), "dear");
  cpSync(at("plain"), at("linking"), { recursive: true });
  symlinkSync(at("dear"), at("linking", "other"));
  writeFileSync(at("linking", ".b.0123456789ab.tmp"), "dear");
  rmSync(at("linking", "report.html"));
  symlinkSync(at("dear", "page.html"), at("linking", "report.html"));
  symlinkSync(at("linking"), at("by-link"));
  await good("run", plain, "--out", at("by-link"));
  assert.equal(readdirSync(at("dear"), { recursive: true }).sort(), ["sub", join("sub", ".a.0123456789ab.tmp")]);
  assert.is(readFileSync(at("linking", ".b.0123456789ab.tmp"), "utf8"), "dear");
  assert.match(readFileSync(at("linking", "report.html"), "utf8"), /<html/);
});

test("the same analysis twice at once: the second waits, and finds everything done", async () => {
  const both = await Promise.all([0, 1].map(() => call("run", plain, "--out", at("twice"))));
  for (const { code, error } of both) assert.is(code, 0, error);
  const [waited] = both.filter(({ error }) => error.includes("Waiting until it has finished"));
  assert.ok(waited);
  assert.match(waited!.out, /x\.nominal: kept from before/);
  assert.not.match(waited!.out, /^train/m);
  for (const name of ["results.json", "model.safetensors", "arrays.npz", "report.html"]) {
    assert.equal(readFileSync(at("twice", name)), readFileSync(at("plain", name)), name);
  }
});

test("two analyses at once leave the results of one of them, whole", async () => {
  const words = ["run", plain, "--out", at("two")];
  for (const { code, error } of await Promise.all([call(...words), call(...words, "--seed", "2")])) {
    assert.is(code, 0, error);
  }
  await good("run", plain, "--out", at("seed2"), "--seed", "2");
  const { seed } = JSON.parse(readFileSync(at("two", "results.json"), "utf8"));
  const alone = seed === 2 ? "seed2" : "plain";
  for (const name of ["results.json", "model.safetensors", "arrays.npz", "report.html"]) {
    assert.equal(readFileSync(at("two", name)), readFileSync(at(alone, name)), name);
  }
});

test("parts of different runs are refused by every verb that reads them, by name", async () => {
  cpSync(at("plain"), at("mixed"), { recursive: true });
  copyFileSync(at("seed2", "model.safetensors"), at("mixed", "model.safetensors"));
  const message =
    /mixed\/model\.safetensors: expected the file that .*results\.json was made with, sha256 .*, got another, sha256 .*\. These are parts of different runs\. Run the analysis again/;
  for (const words of readers(at("mixed"))) await refused(message, ...words);
  // The way out that the message names.
  await good("run", plain, "--out", at("mixed"));
  await good(...readers(at("mixed"))[0]!);

  // A fit belongs to the model that it was made with.
  await good("fit", plain, "--run", at("seed2"), "--out", at("mixed"));
  rmSync(at("mixed", "results.json"));
  await refused(
    /mixed\/model\.safetensors: expected the file that .*fit\.json was made with/,
    ...readers(at("mixed"))[4]!,
  );
  await good("fit", plain, "--run", at("mixed"), "--out", at("mixed"));
  await good("export", plain, "--run", at("mixed"), "--out", at("from-fit"));
});

test("flipped bits in what verbs read of a run, and of an export, are refused by name", async () => {
  cpSync(at("plain"), at("flipped"), { recursive: true });
  await good("export", plain, "--run", at("plain"), "--out", at("whole"));
  const random = randomNumbers(9);
  const flipped = async (file: string, words: string[]) => {
    const whole = readFileSync(file);
    for (const part of [0, 1, 2, 3]) {
      const bytes = Buffer.from(whole);
      bytes[Math.floor(((part + random()) / 4) * bytes.length)]! ^= 1 << Math.floor(8 * random());
      writeFileSync(file, bytes);
      const { code, error } = await call(...words);
      assert.is(code, 2, `${file}: ${error}`);
      assert.ok(error.includes(file), error);
    }
    writeFileSync(file, whole);
  };
  const reads = readers(at("flipped"))[0]!;
  for (const name of ["model.safetensors", "results.json"]) await flipped(at("flipped", name), reads);
  const there = ["evaluate", at("whole", "analysis.yaml"), "--events", at("events.npz"), "--out", at("none.npz")];
  for (const name of ["model.safetensors", "fit.json"]) await flipped(at("whole", name), there);
  await good(...reads);
});

test("an export of an earlier version, whose list has the only sums, is read; a list that lost a sum is not", async () => {
  const old = at("old");
  cpSync(at("whole"), old, { recursive: true });
  const model = join(old, "model.safetensors");
  const { metadata, tensors } = await readSafetensors(model);
  const { checksum: _, ...ofModel } = metadata;
  await writeSafetensors(model, tensors, ofModel);
  const { checksum: __, files: ___, ...fit } = JSON.parse(readFileSync(join(old, "fit.json"), "utf8"));
  writeFileSync(join(old, "fit.json"), JSON.stringify(fit));
  const list = join(old, "checksums.txt");
  const names = ["analysis.yaml", "model.safetensors", "fit.json"];
  const sums = names.map((name) => `${sha256(readFileSync(join(old, name)))}  ${name}\n`);
  writeFileSync(list, sums.join(""));
  const own = join(old, "analysis.yaml");
  const reads = [
    ["evaluate", own, "--events", at("events.npz"), "--out", at("none.npz")],
    ["export", own, "--out", at("again"), "--force"],
  ];
  for (const words of reads) {
    await good(...words);
    for (const [damage, message] of [
      [
        (text: string) => text.replace("analysis.yaml", "analysis.yamm"),
        /old\/checksums\.txt: .* got none of analysis\.yaml/,
      ],
      [(text: string) => text.replace(/^./m, "g"), /old\/checksums\.txt: .* got a line without a sum/],
      [(text: string) => text.replace("fit.json", "fit.jsoo"), /old\/fit\.jsoo: .* got no such file/],
    ] as const) {
      writeFileSync(list, damage(sums.join("")));
      await refused(message, ...words);
    }
    writeFileSync(list, sums.join(""));
  }
  // Without the list nothing says that they are whole.
  rmSync(list);
  await refused(/old\/model\.safetensors: expected contents that agree with their checksum, got none/, ...reads[0]!);
});

test.run();
