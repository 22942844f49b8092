/** Sizes that no single entry of a configuration can judge, at the edges of what is taken. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readConfiguration } from "../../../workflow/configuration/configuration.js";
import {
  checkEventCounts,
  checkSizes,
  checkYields,
  mostEventsExceeded,
} from "../../../workflow/configuration/size-checks.js";
import type { Configuration } from "../../../workflow/configuration/table.js";

const toy = (text: string) =>
  readConfiguration(
    `observables: { x: { features: 2 }, y: { features: 2 } }
processes: { A: , B: }
nuisances: { shift: , squeeze: }
simulation: { generator: doi-toy }
${text}`,
    "a.yaml",
  );

const plain = toy("data: { generator: doi-toy, events: 1000 }");

/** Paths of what is reported, and what was expected there. */
function reported(check: (configuration: Configuration, report: never) => void, configuration: Configuration) {
  const found: (readonly [string, string])[] = [];
  const report = (path: readonly (string | number)[], expected: string) => found.push([path.join("."), expected]);
  check(configuration, report as never);
  return found;
}

test("a yield may change to the largest number of events and its inverse within the bounds of the fit, not beyond", () => {
  // 500 events of A; bounds ±5, so that log N may change by 5 per unit: e^(5 d) 500 = 10^30.
  const edge = (Math.log(1e30) - Math.log(500)) / 5;
  const of = (perUnit: number) => mostEventsExceeded(plain, { nuisance: "shift", process: "A", perUnit });
  assert.is(of(edge * (1 - 1e-9)), undefined);
  assert.equal(of(edge * (1 + 1e-9)), {
    expected: "a change that leaves A between 1/1e+30 and 1e+30 events within fit.bounds",
    reach: 5,
  });
});

test("the reach of a nuisance is counted from its nominal value", () => {
  const off = toy("data: { generator: doi-toy, events: 1000 }\nfit: { bounds: [-1, 5] }");
  const moved = { ...off, nuisances: { ...off.nuisances, shift: { ...off.nuisances.shift!, nominal: 3 } } };
  const exceeded = (configuration: Configuration) =>
    mostEventsExceeded(configuration, { nuisance: "shift", process: "A", perUnit: 1e3 })!.reach;
  assert.is(exceeded(off), 5);
  assert.is(exceeded(moved), 4);
});

test("nothing is reported of an analysis that can be run", () => {
  for (const check of [checkYields, checkEventCounts, checkSizes]) assert.equal(reported(check, plain), []);
});

test("events of a generator: too many at once, too few held out, too few for T", () => {
  // Twenty times the data, in ten epochs, and a twentieth held out.
  const many = { ...plain, data: { ...plain.data, events: 100_000_000 } };
  assert.equal(
    reported(checkEventCounts, many).map(([path, expected]) => [path, expected.replace(/\d+/, "N")]),
    [["simulation.events", "at most N events in an epoch or held out"]],
  );
  const single = { ...plain, data: { ...plain.data, events: 1 } };
  assert.ok(reported(checkEventCounts, single).some(([path]) => path === "data.events"));
  const few = { ...plain, simulation: { ...plain.simulation, events: 20 } };
  assert.match(
    reported(checkEventCounts, few)[0]![1],
    /^enough events for two of every process and point \(\d+\) held out$/,
  );
});

test("networks beyond what can be trained are found by their section", () => {
  const large = { ...plain, flows: { ...plain.flows, y: { ...plain.flows.y, hidden: Array<number>(32).fill(8192) } } };
  assert.equal(reported(checkSizes, large), [["flows.y", "networks of a size that can be trained"]]);
});

test.run();
