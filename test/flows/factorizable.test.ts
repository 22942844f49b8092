/** Factorizable flows at nominal values, and for several values of ν at once. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { concatenate, slice } from "../../engine/tape/operations.js";
import { Tape } from "../../engine/tape/tape.js";
import { factorizableFlow } from "../../flows/architecture/architecture.js";
import { bindFactorizableFlow } from "../../flows/factorizable.js";
import { named } from "../../flows/networks/weights.js";
import { testBackends } from "../support/backends.js";
import { close } from "../support/close.js";
import { runOn, runOnEachBackend } from "../support/run-program.js";
import { C, D, inputs, inversion, N, randomWeights, samples } from "./transform-samples.js";

for (const name of ["factorizable, one layer", "factorizable, affine and spline"]) {
  test(`${name}: nuisances at their nominal value are the identity, and cost nothing where that is known`, async () => {
    const { architecture } = samples[name] as { architecture: ReturnType<typeof factorizableFlow> };
    const tape = new Tape();
    const flow = bindFactorizableFlow(tape, architecture, "flow");
    const x = tape.column("x", [D]);
    const context = tape.column("context", [C]);
    const nu = tape.parameter("nu", [3]);
    assert.is(flow.toNominal(x, context, [undefined, undefined, undefined]).value, x);
    const all = flow.toNominal(x, context, nu);
    const one = flow.toNominal(x, context, [undefined, slice(nu, -1, 1, 2), undefined]);
    const columns = { x: inputs(D, 4, 3), context: inputs(C, 1, 4) };
    const outputs = { all: all.value, one: one.value, logDet: all.logDet };
    const parameters = named("flow", randomWeights(architecture));
    const tight = { absolute: 1e-12, relative: 1e-12 };
    const nominal = await runOn(testBackends()[0] as never, {
      outputs,
      parameters: { ...parameters, nu: [0.2, 0, 0] },
      columns,
    });
    close(nominal.all as Float64Array, columns.x, tight);
    close(nominal.logDet as Float64Array, new Float64Array(N), tight);
    const shifted = await runOn(testBackends()[0] as never, {
      outputs,
      parameters: { ...parameters, nu: [0.2, 0.8, 0] },
      columns,
    });
    close(shifted.one as Float64Array, shifted.all as Float64Array, tight);
    assert.ok(Math.abs((shifted.one?.[0] as number) - (columns.x[0] as number)) > 1e-3);
  });
}

test("with shifts before scales, what one nuisance does to a mean does not depend on what another does to the width", async () => {
  const shifts = async (shiftFirst: boolean) => {
    const architecture = factorizableFlow({
      ...{ features: 1, hidden: [], layers: 1, nuisances: [{ linearOnly: true }, { linearOnly: true }], shiftFirst },
    });
    const tape = new Tape();
    const flow = bindFactorizableFlow(tape, architecture, "flow");
    const centre = tape.column("x", [1]);
    const observed = (nu: readonly [number, number]) => flow.fromNominal(centre, undefined, tape.constant(nu)).value;
    const found = await runOn(testBackends()[0] as never, {
      outputs: { narrow: observed([1, 0.5]), wide: observed([1, -0.5]), none: observed([0, 0.5]) },
      parameters: named(
        "flow",
        new Map(
          [...randomWeights(architecture)].map(([name, { shape }]) => {
            // log scale and shift: the first nuisance moves, the second squeezes.
            const data = name.endsWith("nuisances.0.0.bias") ? [0, -0.4] : [0.6, 0];
            return [name, { shape, data: Float64Array.from(data) }] as const;
          }),
        ),
      ),
      columns: { x: new Float64Array(N) },
    });
    assert.is(found.none![0], 0);
    return [found.narrow![0]!, found.wide![0]!];
  };
  close(await shifts(true), [0.4, 0.4], { absolute: 1e-12, relative: 0 });
  // As published: (0 + 0.4) e^-s.
  close(await shifts(false), [0.4 * Math.exp(-0.3), 0.4 * Math.exp(0.3)], { absolute: 1e-12, relative: 0 });
});

for (const name of ["factorizable, three layers", "factorizable, two layers of affine and spline"]) {
  test(`${name}: leading axes are lazy: values of ν broadcast against events, and give what each alone gives`, async () => {
    const { architecture } = samples[name] as { architecture: ReturnType<typeof factorizableFlow> };
    const tape = new Tape();
    const flow = bindFactorizableFlow(tape, architecture, "flow");
    const x = tape.column("x", [D]);
    const context = tape.column("context", [C]);
    const nus = [
      [0.5, 0.1],
      [-0.3, 0.9],
    ];
    const together = flow.toNominal(x, context, tape.constant(nus.flat(), [2, 2]));
    const alone = nus.map((nu) => flow.toNominal(x, context, tape.constant(nu)).value);
    assert.equal(together.value.shape, [2, D]);
    assert.equal(together.logDet.shape, [2]);
    await runOnEachBackend(
      {
        outputs: { together: together.value, alone: concatenate(alone) },
        parameters: named("flow", randomWeights(architecture)),
        columns: { x: inputs(D, 4, 3), context: inputs(C, 1, 4) },
      },
      ({ together: a, alone: b }, { precision }) => {
        close(
          a as Float64Array,
          b as Float64Array,
          precision === "f64" ? inversion.f64 : { absolute: 1e-5, relative: 1e-5 },
        );
      },
    );
  });
}

test.run();
