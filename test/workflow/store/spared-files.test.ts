import { copyFileSync, linkSync, readFileSync, symlinkSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { apply, at, command, file, removeRun, runToy, simulation } from "../../cli/applied-run.js";

test.before(runToy);
test.after(removeRun);

test("a result takes the place of nothing that it is computed from, by whatever name", async () => {
  const [events, other, hard] = [at("spared.npz"), at("other-name.npz"), at("hard.npz")];
  copyFileSync(simulation, events);
  symlinkSync(events, other);
  linkSync(at("out/data.npz"), hard);
  const kept = ["out/model.safetensors", "out/replicas.safetensors", "out/data.npz", "out/arrays.npz", "spared.npz"];
  const bytes = () => kept.map((name) => readFileSync(at(name)));
  const before = bytes();
  for (const out of [...kept.slice(0, 4).map(at), hard]) {
    const { code, error } = await apply("--events", events, "--process", "A", "--out", out);
    assert.is(code, 2, error);
    assert.match(
      error,
      /--out: expected a file of its own for the results, got .*, which belongs to the analysis or its run/,
    );
  }
  for (const out of [events, other]) {
    const { code, error } = await apply("--events", events, "--process", "A", "--out", out);
    assert.is(code, 2);
    assert.match(error, /expected --out to be another file than --events/);
    assert.match((await command(["evaluate", file, "--events", events, "--out", out])).error, /a file of its own/);
  }
  assert.match((await command(["evaluate", file, "--out", at("out/data.npz")])).error, /a file of its own/);
  assert.equal(bytes(), before);
});

test.run();
