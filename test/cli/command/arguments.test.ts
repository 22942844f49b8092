import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseArguments, parseNu } from "../../../cli/command/arguments.js";

const split = (text: string) => parseArguments(text.split(" ").filter((word) => word !== ""));

test("verb, operands and options in any order", () => {
  const line = split("--threads 2 hessian a.yaml --set seed=3 --set=data.events=10 --nu -0.5,0.25 --json");
  assert.is(line.verb, "hessian");
  assert.equal(line.operands, ["a.yaml"]);
  assert.is(line.options.threads, 2);
  assert.equal(line.options.set, ["seed=3", "data.events=10"]);
  assert.is(line.options.nu, "-0.5,0.25");
  assert.is(line.options.json, true);
  assert.is(line.options.backend, "auto");
  assert.is(line.options.precision, undefined);
  assert.equal([...line.given].sort(), ["json", "nu", "set", "threads"]);
});

test("-- ends the options", () => {
  assert.equal(split("fit -- --odd.yaml").operands, ["--odd.yaml"]);
});

test("wrong options say what is wrong", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["run --thread 2", /expected a known option, got --thread\. Did you mean --threads\?/],
    ["run -j", /expected a known option, got -j/],
    ["run --backend cpuu", /--backend: expected one of auto, cpu, webgpu, reference, got cpuu\. Did you mean cpu\?/],
    ["run --precision f16", /--precision: expected one of f32, f64, got f16/],
    ["run --threads 0", /--threads: expected an integer from 1 to 256, got 0/],
    ["run --seed 1.5", /--seed: expected an integer of at least 0, got 1\.5/],
    ["run --out", /--out: expected PATH, got nothing/],
    ["run --out --json", /--out: expected PATH, got --json/],
    ["run --json=yes", /--json: expected no value, got yes/],
  ];
  for (const [words, message] of cases) assert.throws(() => split(words), message, words);
});

test("--nu in declared order, or by name with the rest at their nominal values", () => {
  const names = ["shift", "squeeze", "rate"];
  const nominals = [0, 0.25, 0];
  assert.equal(parseNu("0.5,-0.5,1e-1", names, nominals), [0.5, -0.5, 0.1]);
  assert.equal(parseNu("rate=2, shift=-1", names, nominals), [-1, 0.25, 2]);
});

test("wrong points say what is wrong", () => {
  const names = ["shift", "squeeze"];
  const cases: readonly (readonly [string, RegExp])[] = [
    ["0.5", /--nu: expected 2 values \(shift, squeeze\), got 1 \(0\.5\)/],
    ["0.5,abc", /--nu: expected numbers separated by commas, got "abc"/],
    ["0.5,", /--nu: expected numbers separated by commas, got ""/],
    ["sqeeze=1", /--nu: expected a declared nuisance, got sqeeze\. Did you mean squeeze\?/],
    ["shift=1,2", /--nu: expected name=value everywhere, or nowhere, got 2/],
    ["shift=1,shift=2", /--nu: expected every nuisance once, got shift again/],
  ];
  for (const [text, message] of cases) assert.throws(() => parseNu(text, names, [0, 0]), message, text);
});

test.run();
