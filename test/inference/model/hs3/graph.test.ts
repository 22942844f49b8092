/** Names that refer to names: circles, chains without end, names of nothing. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { gaussian, point, readWith, refused, saidOf } from "./documents.js";

const withFunctions = (...functions: readonly object[]) => ({
  functions,
  distributions: [{ ...gaussian, mean: "f" }],
});

test("functions are found by their names, and by those of their output", async () => {
  const sum = { name: "f", type: "sum", summands: ["mu", "k.value"] };
  const product = { name: "k", type: "product", factors: ["mu", "2"] };
  const { composition } = await readWith(withFunctions(sum, product));
  assert.equal(composition.functions, {
    f: { kind: "sum", summands: ["mu", "k"] },
    k: { kind: "product", factors: ["mu", 2] },
  });
});

test("circles are refused, short and long ones", async () => {
  const sum = (name: string, of: string) => ({ name, type: "sum", summands: [of] });
  await refused(withFunctions(sum("f", "f")), "m.json: functions[0] (of f): expected no circle of names, got f → f");
  assert.match(
    await saidOf(withFunctions(sum("f", "h"), sum("h", "k"), sum("k", "h"))),
    /^m\.json: functions\[\d\] \(of [hk]\): expected no circle of names, got ([hk]) → [hk] → \1$/,
  );
  const ring = Array.from({ length: 5000 }, (_, i) => sum(i === 0 ? "f" : `f${i}`, i === 4999 ? "f" : `f${i + 1}`));
  assert.match(await saidOf(withFunctions(...ring)), /expected no circle of names, got f\d* → .* → …$/);
  const mixture = (name: string, of: string) => ({
    name,
    type: "mixture_dist",
    summands: [of],
    coefficients: [1],
  });
  await refused(
    { distributions: [mixture("g", "h"), mixture("h", "g")] },
    "m.json: distributions[0] (of g): expected no circle of names, got g → h → g",
  );
});

test("a chain of more than two hundred names is refused before anything follows it", async () => {
  const chain = (size: number) =>
    Array.from({ length: size }, (_, i) => ({
      name: i === 0 ? "f" : `f${i}`,
      type: "sum",
      summands: [i === size - 1 ? "mu" : `f${i + 1}`],
    }));
  assert.ok(await readWith(withFunctions(...chain(150))));
  assert.match(
    await saidOf(withFunctions(...chain(15_000))),
    /^m\.json: functions\[\d+\] \(of f\d+\): expected at most 200 levels of names that refer to names, got more$/,
  );
});

test("names of nothing are refused with the one that may be meant", async () => {
  await refused(
    { distributions: [{ ...gaussian, mean: "muu" }] },
    'm.json: distributions[0].mean (of g): expected the name of a parameter, a function or an axis of the data, got "muu". Did you mean mu?',
  );
  await refused(
    { distributions: [{ ...gaussian, mean: "theta" }] },
    'm.json: distributions[0].mean (of g): expected the name of a parameter, a function or an axis of the data, got "theta". Parameters have a value in parameter_points',
  );
  await refused(
    { distributions: [{ ...gaussian, mean: undefined }] },
    "m.json: distributions[0].mean (of g): expected a number or a name, got nothing",
  );
  for (const mean of ["h", "h.x"]) {
    await refused(
      {
        distributions: [
          { ...gaussian, mean },
          { ...gaussian, name: "h" },
        ],
      },
      `m.json: distributions[0].mean (of g): expected a number, a parameter or a function, got "${mean}", of a distribution. Hierarchical models are not supported`,
    );
  }
  await refused(
    { distributions: [{ ...gaussian, x: "mu" }] },
    'm.json: distributions[0].x (of g): expected the name of an axis of the data (x), got "mu", a parameter',
  );
  await refused(
    { distributions: [{ ...gaussian, x: undefined }] },
    "m.json: distributions[0].x (of g): expected the name of an axis of the data, got nothing",
  );
});

test("expressions are of names that are known, and are never run", async () => {
  const expression = (text: unknown) => withFunctions({ name: "f", type: "generic_function", expression: text });
  await refused(
    expression("mu + sgima"),
    'm.json: functions[0].expression (of f): expected the name of a parameter, a function or an axis of the data, got "sgima". Parameters have a value in parameter_points',
  );
  for (const text of ["constructor", "mu.constructor", "process.exit(1)", "mu; mu", "import('fs')", "mu[0]", "f = 1"]) {
    assert.match(await saidOf(expression(text)), /^m\.json: functions\[0\]\.expression \(of f\): expected /);
  }
  assert.match(await saidOf(expression(`${"(".repeat(500)}mu${")".repeat(500)}`)), /at most 100 levels of brackets/);
  assert.match(
    await saidOf(expression("mu+".repeat(500_000))),
    /^m\.json: functions\[0\]\.expression \(of f\): expected /,
  );
  await refused(expression(3), "m.json: functions[0].expression (of f): expected a text, got 3");
  await refused(expression(undefined), "m.json: functions[0].expression (of f): expected an expression, got nothing");
});

test("what no likelihood leads to is not looked at", async () => {
  const { composition } = await readWith({
    distributions: [gaussian, { name: "h", type: "histfactory_dist", samples: [] }],
    functions: [{ name: "f", type: "unknown" }],
    parameter_points: [point({ mu: 0, s: 1, nowhere: 3 })],
  });
  assert.equal(Object.keys(composition.densities), ["g"]);
  assert.equal(Object.keys(composition.functions), []);
  assert.equal(
    composition.parameters.map(({ name }) => name),
    ["mu", "s"],
  );
});

test.run();
