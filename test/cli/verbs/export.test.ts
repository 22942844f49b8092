/** `unbinned export`: one folder that does what the analysis does. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { loadAnalysis } from "../../../workflow/configuration/configuration.js";
import { at, file, good, listed, removeRun, runToy, simulation } from "../../cli/applied-run.js";
import { runInProcess } from "../../cli/in-process.js";

test.before(runToy);
test.after(removeRun);

test("an exported folder is checked by sha256sum, and does what the analysis does", async () => {
  const out = at("exported");
  const ran = await good(["export", file, "--out", out]);
  assert.match(
    ran.out,
    /exported: analysis\.yaml, model\.safetensors, replicas\.safetensors, fit\.json, checksums\.txt\. It holds no data/,
  );
  assert.equal(readdirSync(out).sort(), [
    "analysis.yaml",
    "checksums.txt",
    "fit.json",
    "model.safetensors",
    "replicas.safetensors",
  ]);
  if (process.platform === "linux") {
    const checked = spawnSync("sha256sum", ["-c", "checksums.txt"], { cwd: out, encoding: "utf8" });
    assert.is(checked.status, 0, checked.stderr);
    assert.match(checked.stdout, /^analysis\.yaml: OK$/m);
  }
  const own = join(out, "analysis.yaml");
  // Written for people: no anchors.
  assert.not.match(readFileSync(own, "utf8"), /: [&*]/);
  const there = loadAnalysis(own).configuration;
  assert.equal(there, { ...loadAnalysis(file).configuration, output: "." });
  const fitted = JSON.parse(readFileSync(join(out, "fit.json"), "utf8"));
  assert.match(fitted.version, /^\d+\.\d+\.\d+/);
  assert.is(fitted.covariance.length, 2);

  const words = ["--events", simulation, "--process-column", "process", "--threads", "1"];
  await good(["apply", file, ...words, "--out", at("from-run.npz")]);
  await good(["apply", own, ...words, "--out", at("from-export.npz")]);
  assert.equal(readFileSync(at("from-export.npz")), readFileSync(at("from-run.npz")));
  const data = ["--events", at("out/data.npz"), "--nu", "0.1,0.2", "--threads", "1"];
  await good(["evaluate", file, "--nu", "0.1,0.2", "--threads", "1", "--out", at("run-log-prob.npz")]);
  await good(["evaluate", own, ...data, "--out", at("export-log-prob.npz")]);
  assert.equal(readFileSync(at("export-log-prob.npz")), readFileSync(at("run-log-prob.npz")));
  const again = await runInProcess(["export", own, "--out", at("twice")]);
  assert.is(again.code, 0, again.error);
  assert.equal(readFileSync(at("twice/model.safetensors")), readFileSync(at("out/model.safetensors")));
});

test("an exported folder without data says so; a changed one is refused", async () => {
  const own = at("exported/analysis.yaml");
  const bare = await runInProcess(["evaluate", own, "--nu", "0,0", "--out", at("none.npz")]);
  assert.is(bare.code, 2);
  assert.match(
    bare.error,
    /expected a file of events, as an exported folder holds no data, got none\. Name it with --events/,
  );
  const words = ["apply", own, "--events", simulation, "--process", "A", "--out", at("none.npz")];
  for (const [name, change] of [
    ["fit.json", (text: string) => text.replace("converged", "Converged")],
    ["analysis.yaml", (text: string) => text.replace("seed: 1", "seed: 2")],
  ] as const) {
    const whole = readFileSync(at(`exported/${name}`), "utf8");
    assert.is.not(change(whole), whole);
    writeFileSync(at(`exported/${name}`), change(whole));
    for (const verb of [words, ["evaluate", own, "--events", at("out/data.npz"), "--out", at("none.npz")]]) {
      const { code, error } = await runInProcess(verb);
      assert.is(code, 2);
      assert.match(
        error,
        new RegExp(`exported/${name}: expected the file that was exported, sha256 .*, got one that was changed since`),
      );
    }
    writeFileSync(at(`exported/${name}`), whole);
  }
  const replicas = readFileSync(at("exported/replicas.safetensors"));
  rmSync(at("exported/replicas.safetensors"));
  assert.match(
    (await runInProcess(words)).error,
    /replicas\.safetensors: expected the file that was exported, .* got no such file/,
  );
  writeFileSync(at("exported/replicas.safetensors"), replicas);
  assert.not.ok(existsSync(at("none.npz")));
});

test("export replaces an earlier export with --force and nothing else, and leaves nothing half-written", async () => {
  const before = listed();
  const again = await runInProcess(["export", file, "--out", at("exported")]);
  assert.is(again.code, 2);
  assert.match(again.error, /exported: expected no such folder yet, got one\. --force replaces an earlier export/);
  writeFileSync(at("exported/notes.txt"), "dear");
  const withNotes = await runInProcess(["export", file, "--out", at("exported"), "--force"]);
  assert.is(withNotes.code, 2);
  assert.match(
    withNotes.error,
    /exported: expected no such folder yet, or an earlier export, got one with a file notes\.txt, which was not exported\. Choose/,
  );
  assert.is(readFileSync(at("exported/notes.txt"), "utf8"), "dear");
  rmSync(at("exported/notes.txt"));
  await good(["export", file, "--out", at("exported"), "--force", "--set", "name=Again"]);
  assert.match(readFileSync(at("exported/analysis.yaml"), "utf8"), /^name: Again$/m);
  const foreign = await runInProcess(["export", file, "--out", at("out"), "--force"]);
  assert.is(foreign.code, 2);
  assert.match(foreign.error, /out: expected no such folder yet, or an earlier export, got something else/);
  const nowhere = await runInProcess(["export", file]);
  assert.match(nowhere.error, /unbinned export: expected --out FOLDER for the export, got no --out/);
  const stopped = await runInProcess(["export", file, "--out", at("stopped")], { signal: AbortSignal.abort() });
  assert.is(stopped.code, 130);
  assert.equal(listed(), before);
});

test.run();
