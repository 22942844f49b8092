/** `unbinned migrate`: where it writes, what it keeps, and what it leaves alone. */
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { runInProcess } from "../in-process.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-migrate-"));
test.after(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);
const text = (name: string) => readFileSync(at(name), "utf8");

const OLD = `observables: { x: { features: 2 }, y: { features: 2 } }
processes: { A: , B: }
nuisances: { shift: , squeeze: }
simulation: { generator: doi-toy }

data: { generator: doi-toy, events: 500 } # few
fnf: { pairs: [[shift, squeeze]] }
`;
const NEW = OLD.replace("fnf", "morph");

function put(name: string, content: string): string {
  writeFileSync(at(name), content);
  return at(name);
}

test("the file itself is written, and its old text kept beside it", async () => {
  const file = put("a.yaml", OLD);
  chmodSync(file, 0o640);
  assert.is((await runInProcess(["validate", file])).code, 2);
  const { out, error, code } = await runInProcess(["migrate", file]);
  assert.equal([code, error, text("a.yaml"), text("a.yaml.old")], [0, "", NEW, OLD]);
  assert.is(out, `Wrote ${file}. The old text is in ${file}.old.\n  fnf is now morph\n`);
  assert.is(statSync(file).mode & 0o777, 0o640);
  assert.is((await runInProcess(["validate", file])).code, 0);
});

test("nothing to migrate: says so and writes nothing", async () => {
  const file = put("b.yaml", NEW);
  for (const words of [[], ["--out", at("none.yaml")], ["--force"]]) {
    const { out, error, code } = await runInProcess(["migrate", file, ...words]);
    assert.equal([code, error], [0, ""]);
    assert.is(out, `${file}: no key of an earlier version. Nothing is written.\n`);
  }
  assert.is(text("b.yaml"), NEW);
  assert.not(existsSync(at("b.yaml.old")));
  assert.not(existsSync(at("none.yaml")));
});

test("warns where there is nothing for stdout", async () => {
  const { out, error, code } = await runInProcess(["migrate", put("c.yaml", NEW), "--out", "-"]);
  assert.equal([code, out], [0, ""]);
  assert.is(error, `unbinned: warning: ${at("c.yaml")}: no key of an earlier version. Nothing is written\n`);
});

test("existing files are kept, unless --force", async () => {
  const file = put("d.yaml", OLD);
  put("d.yaml.old", "mine");
  put("d2.yaml", "mine too");
  for (const [words, name] of [
    [[], "d.yaml.old"],
    [["--out", at("d2.yaml")], "d2.yaml"],
  ] as const) {
    const { error, code } = await runInProcess(["migrate", file, ...words]);
    assert.equal(
      [code, error],
      [2, `unbinned: ${at(name)}: expected no such file yet, got one. --force overwrites it\n`],
    );
  }
  assert.equal([text("d.yaml"), text("d.yaml.old"), text("d2.yaml")], [OLD, "mine", "mine too"]);
  assert.is((await runInProcess(["migrate", file, "--out", at("d2.yaml"), "--force"])).code, 0);
  assert.equal([text("d.yaml"), text("d2.yaml")], [OLD, NEW]);
  assert.is((await runInProcess(["migrate", file, "--force"])).code, 0);
  assert.equal([text("d.yaml"), text("d.yaml.old")], [NEW, OLD]);
});

test("--out writes elsewhere, warns of another folder, and is the file itself by another path", async () => {
  const file = put("e.yaml", OLD);
  const { out, error, code } = await runInProcess(["migrate", file, "--out", at("e2.yaml")]);
  assert.equal([code, out, error], [0, `Wrote ${at("e2.yaml")}.\n  fnf is now morph\n`, ""]);
  assert.equal([text("e.yaml"), text("e2.yaml")], [OLD, NEW]);
  const far = await runInProcess(["migrate", file, "--out", at("inner/e.yaml")]);
  assert.is(far.code, 0);
  assert.match(
    far.error,
    /warning: .*inner.e\.yaml: the names of files in it are relative to its folder, which is not that of /,
  );
  assert.is(
    (await runInProcess(["migrate", file, "--out", `${folder}/../${folder.split("/").at(-1)}/e.yaml`])).code,
    0,
  );
  assert.equal([text("e.yaml"), text("e.yaml.old")], [NEW, OLD]);
});

test("a link to the file stays one", async () => {
  put("f.yaml", OLD);
  symlinkSync(at("f.yaml"), at("link.yaml"));
  assert.is((await runInProcess(["migrate", at("link.yaml")])).code, 0);
  assert.equal([text("f.yaml"), text("f.yaml.old"), text("link.yaml")], [NEW, OLD, NEW]);
  assert.not(existsSync(at("link.yaml.old")));
});

test("--out - prints the new text alone, and refuses what a terminal would obey", async () => {
  const file = put("g.yaml", OLD);
  assert.equal(await runInProcess(["migrate", file, "--out", "-"]), { out: NEW, error: "", code: 0 });
  assert.is(text("g.yaml"), OLD);
  put("g.yaml", OLD.replaceAll("\n", "\r\n"));
  assert.is((await runInProcess(["migrate", file, "--out", "-"])).out, NEW);
  put("g.yaml", OLD.replace("few", "\u202efew"));
  const { error, code } = await runInProcess(["migrate", file, "--out", "-"]);
  assert.is(code, 2);
  assert.match(
    error,
    /--out -: expected a text that a terminal shows as it is, got control characters in .*g\.yaml\. Write to a file/,
  );
});

test("--json names keys and files", async () => {
  const file = put("h.yaml", OLD);
  const renamed = [{ from: "fnf", to: "morph" }];
  const json = async (...words: string[]) =>
    JSON.parse((await runInProcess(["migrate", file, "--json", ...words])).out);
  assert.equal(await json("--out", "-"), { renamed, file: null, kept: null, text: NEW });
  assert.equal(await json(), { renamed, file, kept: `${file}.old` });
  assert.equal(await json(), { renamed: [], file: null, kept: null });
});

test("what is no configuration is one sentence, and stays as it is", async () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    [
      '{ "name": "a package" }\n',
      /expected a configuration of unbinned, with observables, processes, nuisances, got a map without any of them/,
    ],
    ["a: [\n", /expected YAML, got a syntax error/],
    ["- 1\n", /expected a map of keys and values, got a list/],
  ];
  for (const [source, pattern] of cases) {
    const { out, error, code } = await runInProcess(["migrate", put("i.yaml", source)]);
    assert.equal([code, out, error.split("\n").length], [2, "", 2]);
    assert.match(error, pattern);
    assert.is(text("i.yaml"), source);
  }
  const { error, code } = await runInProcess(["migrate", at("gone.yaml")]);
  assert.is(code, 2);
  assert.match(error, /gone\.yaml: expected a configuration file, got no such file/);
});

test("the configuration of an export is left to its checksums", async () => {
  mkdirSync(at("export"));
  const file = put("export/analysis.yaml", OLD);
  put("export/checksums.txt", `${createHash("sha256").update(OLD).digest("hex")}  analysis.yaml\n`);
  const { error, code } = await runInProcess(["migrate", file]);
  assert.is(code, 2);
  assert.match(
    error,
    /expected a configuration that is not part of an export, got one with checksums beside it\. Migrate the configuration of which it was exported, and export it again; --out writes elsewhere\n$/,
  );
  assert.is(text("export/analysis.yaml"), OLD);
  assert.is((await runInProcess(["migrate", file, "--out", at("of-export.yaml")])).code, 0);
});

test.run();
