/** Johnson's S_U: values far out, cut to ranges, and events. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { checkedComposition } from "../../../../inference/model/composition/composition.js";
import { drawEvents } from "../../../../inference/model/composition/draw-events.js";
import { testBackends } from "../../../support/backends.js";
import { close } from "../../../support/close.js";
import { logProbOf } from "./evaluate-density.js";
import { parameter } from "./samples.js";

const { NEGATIVE_INFINITY: minus, POSITIVE_INFINITY: inf } = Number;

const johnsonOf = (range: readonly [number, number] = [minus, inf], delta = 1.3) =>
  checkedComposition({
    columns: { m: range.some(Number.isFinite) ? { range } : {} },
    parameters: [parameter("mu", 0.7)],
    densities: { j: { kind: "johnson", x: "m", mu: "mu", lambda: 0.8, gamma: -0.4, delta } },
  });

/**
 * x, log p: scipy 1.10.1, johnsonsu.logpdf(x, -0.4, 1.3, loc=0.7, scale=0.8) from 0.7 on; below johnsonsu.logpdf(-x, 0.4, 1.3, loc=-0.7,
 * scale=0.8), the mirror image, as scipy's log(u + √(1 + u²)) cancels there (4e-6 at -3e4). All to 2e-13 of mpmath.
 */
const SCIPY = [
  [-1e9, -428.4009047265654],
  [-1e6, -205.59958399971265],
  [-3e4, -123.35827699960548],
  [-1e3, -63.4504157418788],
  [-80, -31.686303590622035],
  [-12, -15.188248628585757],
  [-3, -7.455692992470483],
  [-1.1, -4.251100272228258],
  [0.2, -1.2794698637545512],
  [0.7, -0.5134307174229719],
  [0.71, -0.5071410299529698],
  [1.3, -0.7821205316068902],
  [2.6, -2.790752500422997],
  [5.5, -6.269741125139528],
  [14, -11.884163574934043],
  [90, -27.13240977607277],
  [2e3, -65.20181015827498],
  [5e5, -173.09462239582274],
  [1e7, -253.19070687834076],
  [1e9, -405.8957658423929],
] as const;

for (const backend of testBackends()) {
  const { name, precision } = backend;
  // In f32 rounding of numbers up to 430.
  const tolerance = precision === "f64" ? { absolute: 1e-10, relative: 0 } : { absolute: 1e-5, relative: 1e-5 };

  const valuesOf = async (composition: ReturnType<typeof johnsonOf>, x: readonly number[]) => {
    const opened = await backend.create();
    try {
      return await logProbOf(opened, composition, "j", { m: Float64Array.from(x) });
    } finally {
      await opened.close();
    }
  };

  test(`log p is scipy's in both tails, on ${name} in ${precision}`, async () => {
    const found = await valuesOf(
      johnsonOf(),
      SCIPY.map(([x]) => x),
    );
    close(
      found,
      SCIPY.map(([, wanted]) => wanted),
      tolerance,
    );
  });

  // scipy: the same less log(norm.cdf(z(high)) - norm.cdf(z(low))), norm.logsf(z(low)), norm.logcdf(z(high)), z(x) = -0.4 + 1.3 numpy.arcsinh((x - 0.7) / 0.8).
  const CUT: readonly [range: readonly [number, number], x: number, wanted: number][] = [
    [[0.2, 5.5], 2.6, -2.6585596338942885],
    [[2e3, inf], 3e3, -11.133384967735324],
    [[minus, -2e3], -3e3, -11.481268142001426],
  ];

  test(`log p is normalised over ranges far out, on ${name} in ${precision}`, async () => {
    for (const [range, x, wanted] of CUT) close(await valuesOf(johnsonOf(range), [x]), [wanted], tolerance);
  });

  test(`log p is finite where the square of x is not, on ${name} in ${precision}`, async () => {
    const far = precision === "f64" ? 1e300 : 1e30;
    for (const found of await valuesOf(johnsonOf(), [-far, far]))
      assert.ok(Number.isFinite(found) && found < -1000, `${found}`);
  });
}

test("events of a small delta are numbers, however long the tails", async () => {
  const composition = johnsonOf([minus, inf], 0.002);
  const { m } = await drawEvents({ composition, density: "j", count: 1000, given: {}, seed: 7, purpose: "tails" });
  assert.ok(m!.every(Number.isFinite));
  assert.ok(m!.some((x) => x < -1e100) && m!.some((x) => x > 1e100));
});

test.run();
