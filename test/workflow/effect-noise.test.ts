/** Noise of trainings as verdicts: when, and in which words. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { densityNoise, densityNoiseVerdicts, effectNoise, noiseVerdicts } from "../../workflow/effect-noise.js";

const scale = { of: "x", nuisance: "scale", process: "B" } as const;

test("events that make the noise a tenth of the rest", () => {
  assert.equal(effectNoise(scale, 0.003, 0.001), { ...scale, information: 0.003, noise: 0.001, moreEvents: 5 });
  assert.is(effectNoise(scale, 0.001, 0.001).moreEvents, null);
});

test("noise of more than a fifth of the rest is a verdict that says what to do", () => {
  assert.equal(noiseVerdicts([effectNoise(scale, 0.00121, 0.0002)]), []);
  const [found, all, ...others] = noiseVerdicts([
    effectNoise(scale, 0.003, 0.001),
    effectNoise({ ...scale, of: "y" }, 0.001, 0.002),
  ]);
  assert.equal(others, []);
  assert.is(found!.failed, false);
  assert.is(
    found!.text,
    "nuisance scale: of the information on it in p(x) of B, 0.0030 per event, about 33% may be the fluctuation of its samples. " +
      "The error of scale is quoted without that part; other samples would move its estimate",
  );
  assert.match(found!.advice, /^5\.0 times as many simulated events make that negligible/);
  assert.match(
    all!.text,
    /in p\(y \| x\) of B, 0\.0010 per event, all may be the .* The data may say nothing of scale, whose error is then that of its constraint$/,
  );
  assert.match(all!.advice, /^Simulate more events of scale, or give its variations as shifts or weights/);
});

test("of a composition the density is named, with the categories that its morph looks at", () => {
  const texts = (at: Readonly<Record<string, number>>, noise: number) =>
    densityNoiseVerdicts([densityNoise({ density: "signal", at, nuisance: "jes" }, 1, noise)]).map(({ text }) => text);
  assert.equal(texts({}, 0.1), []);
  assert.match(
    texts({}, 0.25)[0]!,
    /^nuisance jes: of the information on it in signal, 1\.0 per event, about 25% may be/,
  );
  assert.match(
    texts({ k: 5, l: 0 }, 1)[0]!,
    /in signal at k = 5, l = 0, 1\.0 per event, all may be .* is too small by that part/,
  );
});

test.run();
