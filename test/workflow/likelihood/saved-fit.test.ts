import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { apply, at, file, removeRun, runToy, simulation } from "../../cli/applied-run.js";
import { runInProcess } from "../../cli/in-process.js";

test.before(runToy);
test.after(removeRun);

test("without a fit it takes the nominal values or --nu; of x alone, of another fit and of damaged files it makes nothing", async () => {
  mkdirSync(at("unfitted"));
  copyFileSync(at("out/model.safetensors"), at("unfitted/model.safetensors"));
  const words = ["--events", simulation, "--process", "A", "--out", at("unfitted.npz"), "--set", "output=unfitted"];
  const none = await apply(...words);
  assert.is(none.code, 0, none.error);
  assert.match(none.out, /at shift = 0\.00000, squeeze = 0\.00000 \(nominal values\), simulation/);
  const noExport = await runInProcess(["export", file, "--out", at("exported"), "--set", "output=unfitted"]);
  assert.is(noExport.code, 2);
  assert.match(noExport.error, /unfitted: expected the fit that .* got none\. Make it with `unbinned run /);
  const there = await apply(...words, "--nu", "0.5,-0.5");
  assert.is(there.code, 0, there.error);
  assert.match(there.error, /warning: there is no fit, so there are no variations along its modes/);
  assert.match(there.out, /: y\.data, log_det, with 0 variations of y/);

  const results = readFileSync(at("out/results.json"), "utf8");
  const refusals: readonly (readonly [string, string, RegExp])[] = [
    ["fit.json", "{", /fit\.json: expected the JSON that `run` and `fit` write, got a file that cannot be read/],
    // One sentence, whatever lines the parser quotes.
    [
      "fit.json",
      '{\n  "names": [\n    !\n  ]\n}',
      /^unbinned: .*fit\.json: expected the JSON .* cannot be read \([^\n]*\)[^\n]*\n$/,
    ],
    ["fit.json", "{}", /fit\.json: expected a fit of shift, squeeze, with its estimate and modes, got one of nothing/],
    [
      "results.json",
      results.replaceAll('"squeeze"', '"tilt"'),
      /results\.json: expected a fit of .* got one of shift, tilt/,
    ],
    [
      "results.json",
      results.replace(/"result": ".*"/, '"result": "none"'),
      /results\.json: expected a fit .* got one of nothing/,
    ],
  ];
  for (const [name, content, message] of refusals) {
    writeFileSync(at(`unfitted/${name}`), content);
    const { code, error } = await apply(...words);
    assert.is(code, 2);
    assert.match(error, message);
  }
  copyFileSync(at("out/results.json"), at("unfitted/results.json"));
  writeFileSync(at("unfitted/replicas.safetensors"), readFileSync(at("out/replicas.safetensors")).subarray(0, -8));
  assert.match((await apply(...words)).error, /replicas\.safetensors: expected .* truncated or corrupt/);
  const ofX = await apply(...words, "--set", "likelihood.observables=[x]", "--set", "output=of-x");
  assert.match(ofX.error, /expected a trained model, .*of-x/);
});

test.run();
