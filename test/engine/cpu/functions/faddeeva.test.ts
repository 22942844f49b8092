/** The kernel of w(z) and its derivatives against the definition, in both precisions, with and without fused multiply-add. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { ModuleBuilder } from "../../../../engine/cpu/assembly/assembler.js";
import { wasm } from "../../../../engine/cpu/assembly/webassembly.js";
import { functionGroups } from "../../../../engine/cpu/functions/scalar-functions.js";
import { factsOf } from "../../../../engine/tape/elementwise-facts.js";
import { allLanes } from "./compile-map.js";

const { members, emit } = functionGroups.faddeeva;
const defined = (name: (typeof members)[number], x: number, y: number) => factsOf(name).f64(x, y, 0);

/** Pairs of lanes that lie near, far, and on both sides of where the series begins. */
const X = [0, 0.1, 0.25, 0.5, -0.7, 1.3, -2.5, 3, 4, 5.5, 5.9, 6.1, 6.9, 7.1, 9, -30, 1e3, 1e6].map(Math.fround);
const Y = [1e-6, 0.01, 0.3, 1, 3, 6.2, 6.4, 8, 100].map(Math.fround);
const points = X.flatMap((x) => Y.map((y) => [x, y] as const));
/** Of |w|, of products with z, and of those once more, as relative errors. */
const UNIT = { f32: 2 ** -23, f64: 2 ** -52 } as const;

for (const { lanes, label } of allLanes) {
  test(`w and its derivatives ${label}: real parts to their own digits, all else to those of the parts`, () => {
    const count = Math.ceil(points.length / lanes.width) * lanes.width;
    const module = new ModuleBuilder();
    module.importMemory("env", "memory", { min: 2 });
    const f = module.exportedFunction("main", [], []);
    const [at, x, y] = [f.local("i32"), f.local("v128"), f.local("v128")];
    const bytes = count * lanes.bytes;
    f.range(at, 0, bytes, 16, () => {
      f.get(at).memory(lanes.load).set(x).get(at).memory(lanes.load, bytes).set(y);
      emit(f, lanes, x, y).forEach((result, i) => {
        f.get(at)
          .get(result)
          .memory(lanes.store, (i + 2) * bytes);
      });
    });
    const memory = new wasm.Memory({ initial: 2 });
    const instance = new wasm.Instance(new wasm.Module(module.build()), { env: { memory } });
    const view = lanes.precision === "f32" ? new Float32Array(memory.buffer) : new Float64Array(memory.buffer);
    for (let e = 0; e < count; e++) [view[e], view[count + e]] = points[e % points.length]!;
    instance.exports.main!();
    points.forEach(([own, height], e) => {
      const size = Math.min(1 + own * own + height * height, 50);
      const whole = Math.hypot(defined("reFaddeeva", own, height), defined("imFaddeeva", own, height));
      members.forEach((name, i) => {
        const [got, wanted] = [view[(i + 2) * count + e]!, defined(name, own, height)];
        const order = Math.floor(i / 2);
        // e^(-x²) multiplies the rounding of x² by itself.
        const digits = i === 0 ? Math.abs(wanted) * (1 + Math.min(own * own, 50)) : whole * size ** order;
        const allowed = 32 * UNIT[lanes.precision] * digits;
        assert.ok(Math.abs(got - wanted) <= allowed, `${name}(${own}, ${height}) is ${got}, wanted ${wanted}`);
      });
    });
  });
}

test.run();
