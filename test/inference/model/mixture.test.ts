/** The mixture against Gaussians in closed form: any number of processes, widths and nuisances. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { ColumnData } from "../../../engine/runtime/backend.js";
import { broadcastEvents } from "../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../engine/tape/tape.js";
import { type EventData, likelihood } from "../../../inference/model/likelihood/likelihood.js";
import { bindMixture } from "../../../inference/model/mixture.js";
import { type MixtureModel, mixtureParameters, type ResponseSide } from "../../../inference/model/mixture-model.js";
import { testBackends } from "../../support/backends.js";
import { close, tolerances } from "../../support/close.js";
import {
  closedForm,
  gaussianModel,
  gaussianModelInFront,
  responseNominals,
  transportInClosedForm,
} from "../../support/gaussian-mixture.js";
import { randomNumbers } from "../../support/random-numbers.js";
import { withBackend } from "../with-backend.js";

const COUNT = 21;
const NU = [0.7, -0.6, 0.9, -0.4];

const random = randomNumbers(11);
const numbers = (length: number) => Float64Array.from({ length }, () => 4 * random() - 2);
const data: EventData = { count: COUNT, x: numbers(COUNT), y: numbers(3 * COUNT) };
const dataOfX: EventData = { count: COUNT, x: data.x };

const event = (e: number) => [[data.x[e]!], [0, 1, 2].map((j) => data.y![j * COUNT + e]!)] as const;
const expected = (nu: readonly number[], which: "joint" | "conditional" | "ofX", actsOn: ResponseSide) =>
  Array.from({ length: COUNT }, (_, e) => closedForm(...event(e), nu, undefined, actsOn)[which]);

const SIDES = { simulation: gaussianModel, data: gaussianModelInFront } as const;
const cases = testBackends().flatMap((backend) =>
  (["simulation", "data"] as const).map((actsOn) => ({ ...backend, actsOn, model: SIDES[actsOn] })),
);

for (const { name, precision, create, actsOn, model } of cases) {
  const where = `with a response on ${actsOn}, on ${name}`;

  test(`three processes, three features, four nuisances: densities in closed form ${where}`, () =>
    withBackend(create, async (backend) => {
      const open = { backend, model, extended: true };
      const joint = await likelihood({ ...open, data, form: "joint" });
      const conditional = await likelihood({ ...open, data, form: "conditional" });
      const ofX = await likelihood({ ...open, data: dataOfX, form: "joint" });
      close(await joint.logProb(NU), expected(NU, "joint", actsOn), tolerances[precision], "joint");
      close(await conditional.logProb(NU), expected(NU, "conditional", actsOn), tolerances[precision], "conditional");
      close(await ofX.logProb(NU), expected(NU, "ofX", actsOn), tolerances[precision], "x alone");
    }));

  test(`gradient and Hessian are those of the closed form ${where}`, () =>
    withBackend(create, async (backend) => {
      const of = await likelihood({ backend, model, data, form: "joint", extended: false });
      const { data: got } = await of.evaluateParts(NU, 2);
      const nll = (nu: readonly number[]) => -expected(nu, "joint", actsOn).reduce((sum, value) => sum + value, 0);
      const step = 1e-4;
      const moved = (...by: readonly (readonly [number, number])[]) =>
        nll(NU.map((value, k) => by.reduce((sum, [l, size]) => (l === k ? sum + size * step : sum), value)));
      const gradient = NU.map((_, k) => (moved([k, 1]) - moved([k, -1])) / (2 * step));
      const hessian = NU.flatMap((_, k) =>
        NU.map((__, l) => {
          const corners =
            moved([k, 1], [l, 1]) - moved([k, 1], [l, -1]) - moved([k, -1], [l, 1]) + moved([k, -1], [l, -1]);
          return corners / (4 * step * step);
        }),
      );
      // Central differences of an nll of 200 at a step of 1e-4: 1e-9 of truncation and 1e-10 of rounding, 1e-6 twice.
      const rounding = precision === "f64" ? 0 : 1e-3;
      close(got.gradient!, gradient, { absolute: 1e-6 + rounding, relative: 1e-6 }, "gradient");
      close(got.hessian!, hessian, { absolute: 2e-5 + rounding, relative: 1e-6 + rounding }, "Hessian");
    }));

  test(`p(y | x, ν) is p of simulation at ν where T(ν) takes y, times |det ∂T/∂y|, ${where}`, () =>
    withBackend(create, async (backend) => {
      const { transport: _, response: __, ...simulation } = gaussianModel;
      const runAt = async (ofY: ColumnData, shape: readonly number[], own: MixtureModel) => {
        const tape = new Tape();
        const mixture = bindMixture(tape, own);
        const [x, y, nu] = [tape.column("x", [1]), tape.column("y", shape), tape.parameter("nu", [4])];
        const { value, logDet } = mixture.toSimulation(y, x, nu);
        const outputs = {
          density: mixture.logProbY(y, x, nu),
          ...(own.transport && { value, logDet: broadcastEvents(logDet, tape.events()) }),
        };
        const program = await backend.compile({ outputs });
        await program.write({ ...mixtureParameters(own), nu: NU });
        await program.bind({ x: data.x, y: ofY });
        return program.run();
      };
      const { density, value, logDet } = await runAt(data.y!, [3], model);
      const there = await runAt(value!, [3, 3], simulation);
      const wanted = there.density!.map((log, i) => log + logDet![i]!);
      // The densities of data and simulation reach -100, through a column between two programs.
      close(density!, wanted, {
        absolute: 10 * tolerances[precision].absolute,
        relative: tolerances[precision].relative,
      });
    }));

  test(`T and its inverse undo each other for every process ${where}`, () =>
    withBackend(create, async (backend) => {
      const tape = new Tape();
      const mixture = bindMixture(tape, model);
      const [x, y, nu] = [tape.column("x", [1]), tape.column("y", [3]), tape.parameter("nu", [4])] as [Var, Var, Var];
      const simulated = mixture.toSimulation(y, x, nu);
      const back = mixture.fromSimulation(simulated.value, x, nu);
      assert.equal(back.value.shape, [3, 3]);
      const outputs = { value: back.value, forward: simulated.logDet, backward: back.logDet };
      const program = await backend.compile({ outputs });
      await program.write({ ...mixtureParameters(model), nu: NU });
      await program.bind({ x: data.x, y: data.y! });
      const { value, forward, backward } = (await program.run()) as Record<keyof typeof outputs, Float64Array>;
      close(value, [...data.y!, ...data.y!, ...data.y!], tolerances[precision], "y");
      close(
        backward,
        forward.map((logDet) => -logDet),
        tolerances[precision],
        "logDet",
      );
    }));

  test(`at the nominal values of the response T is T_φ ${where}`, () =>
    withBackend(create, async (backend) => {
      const tape = new Tape();
      const nu = tape.parameter("nu", [4]);
      const { value, logDet } = bindMixture(tape, model).toSimulation(tape.column("y", [3]), tape.column("x", [1]), nu);
      const outputs = { value, logDet: broadcastEvents(logDet, tape.events()) };
      const program = await backend.compile({ outputs });
      await program.write({ ...mixtureParameters(model), nu: responseNominals });
      await program.bind({ x: data.x, y: data.y! });
      const found = await program.run();
      const wanted = Array.from({ length: COUNT }, (_, e) => transportInClosedForm(event(e)[1]));
      const ofAll = [0, 1, 2].flatMap((f) => [0, 1, 2].flatMap((j) => wanted.map((own) => own[f]!.value[j]!)));
      close(found.value!, ofAll, tolerances[precision], "T");
      const logDets = [0, 1, 2].flatMap((f) => wanted.map((own) => own[f]!.logDet));
      close(found.logDet!, logDets, tolerances[precision], "logDet");
    }));
}

test("a response that acts on data is another one than the same behind T: log p differs by more than rounding", () => {
  for (const which of ["joint", "conditional"] as const) {
    const [behind, inFront] = [expected(NU, which, "simulation"), expected(NU, which, "data")];
    assert.ok(behind.every((value, e) => Math.abs(value - inFront[e]!) > 1e-3));
  }
});

test("a nuisance does not touch the processes it does not act on", async () => {
  const [first] = testBackends();
  await withBackend(first!.create, async (backend) => {
    const tape = new Tape();
    const mixture = bindMixture(tape, gaussianModel);
    const nu = tape.parameter("nu", [4]);
    const program = await backend.compile({ outputs: { ofX: mixture.logProbX(tape.column("x", [1]), nu) } });
    await program.write(mixtureParameters(gaussianModel));
    await program.bind({ x: data.x });
    const at = async (tilt: number) => {
      await program.write({ nu: [0.5, 0, tilt, 0.1] });
      return (await program.run()).ofX!;
    };
    const [low, high] = [await at(-1), await at(1)];
    assert.equal([...low.slice(0, 2 * COUNT)], [...high.slice(0, 2 * COUNT)]);
    assert.not.equal([...low.slice(2 * COUNT)], [...high.slice(2 * COUNT)]);
  });
});

test("names are those of users: processes alike, nuisances called as columns or yields are", async () => {
  const names = ["process", "x0", "yield of process 0", "nuisance 1"];
  const named: MixtureModel = {
    ...gaussianModel,
    processes: gaussianModel.processes.map((own) => ({ ...own, name: "alike" })),
    nuisances: gaussianModel.nuisances.map((own, k) => ({ ...own, name: names[k]! })),
  };
  const [first] = testBackends();
  await withBackend(first!.create, async (backend) => {
    const of = await likelihood({ backend, model: named, data, form: "joint", extended: true });
    assert.equal(of.names, names);
    close(await of.logProb(NU), expected(NU, "joint", "simulation"), tolerances.f64);
  });
});

test("what a mixture cannot answer is refused", () => {
  const tape = new Tape();
  const { y: _, transport: __, response: ___, ...ofX } = gaussianModel;
  const mixture = bindMixture(tape, ofX);
  const [x, y] = [tape.column("x", [1]), tape.column("y", [3])];
  assert.throws(() => mixture.logProbX(x, tape.parameter("short", [3])), /mixture: expected nu \[4\], got \[3\]/);
  assert.throws(() => mixture.logProb({ x, y }, tape.parameter("nu", [4])), /expected a model with a density of y/);
  assert.throws(
    () => mixture.logProb({ x }, tape.parameter("own", [4]), "conditional"),
    /expected y for p\(y \| x\), got x alone/,
  );
});

test.run();
