/** Ends of the range, and what functions of the exponential have to keep exactly. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { allLanes, compileMap } from "./compile-map.js";

const arguments_ = Array.from({ length: 400 }, (_, i) => 2 ** ((i % 40) - 34) * (1 + i / 400));

for (const { lanes, label } of allLanes) {
  const { precision } = lanes;
  const exact = precision === "f32" ? Math.fround : (x: number) => x;

  test(`exp ${label}: ends of the range`, () => {
    const apply = compileMap("exp", lanes, "inline");
    // Largest argument with a finite result, and the next number: ln of the largest f32 is 88.722839, of the largest f64 709.7827129.
    const [last, next] =
      precision === "f32" ? [88.72283172607422, 88.72283935546875] : [709.782712893384, 709.7827128933841];
    const [finite, infinite] = apply([last!, next!]);
    assert.ok(Math.abs(finite! / Math.exp(last!) - 1) < (precision === "f32" ? 1e-7 : 1e-15), `${finite}`);
    assert.is(infinite, Infinity);
    const small = precision === "f32" ? -87.33654022216797 : -708.3964185322641;
    assert.ok(Math.abs(apply([small])[0]! / Math.exp(small) - 1) < (precision === "f32" ? 1e-7 : 1e-15));
  });

  test(`expm1 and tanh ${label}: the sign is that of the argument, and nothing else of tanh depends on it`, () => {
    const x = arguments_.map(exact);
    const minus = x.map((value) => -value);
    const [expm1, tanh] = (["expm1", "tanh"] as const).map((name) => compileMap(name, lanes, "inline"));
    assert.equal(
      tanh!(minus),
      tanh!(x).map((value) => -value),
    );
    for (const value of expm1!(minus)) assert.ok(value < 0 && value >= -1, `${value}`);
  });

  test(`exp ${label}: 1 at 0, and it never falls`, () => {
    const steps = Array.from({ length: 2000 }, (_, i) => exact(-20 + i / 50));
    const values = compileMap("exp", lanes, "inline")(steps);
    for (const [i, value] of values.entries()) if (i > 0) assert.ok(value >= values[i - 1]!, `at ${steps[i]}`);
    assert.is(compileMap("exp", lanes, "inline")([0])[0], 1);
  });

  test(`sigmoid ${label}: both tails add up to 1 within a unit in the last place`, () => {
    const apply = compileMap("sigmoid", lanes, "inline");
    const x = arguments_.map(exact);
    const [plus, minus] = [apply(x), apply(x.map((value) => -value))];
    const unit = precision === "f32" ? 2 ** -23 : 2 ** -52;
    // Two functions within 3 units of a number below 1 each: see `ulps` of scalar-functions.ts.
    for (const [i, value] of plus.entries()) assert.ok(Math.abs(value + minus[i]! - 1) <= 6 * unit, `at ${x[i]}`);
  });
}

test.run();
