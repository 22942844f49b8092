/** The shifts of estimates by single events: those of a mean and a slope, whose estimates without an event are known. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { EventShifts } from "../../../inference/data-checks/event-shifts.js";
import { randomNumbers } from "../../support/random-numbers.js";

const random = randomNumbers(8);
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const N = 2000;
const t = Array.from({ length: N }, () => 1 + normal());
const x = t.map((own) => 0.5 + 0.2 * own + normal());
x[77] = 30;
x[1500] = -25;

/** Least squares of x = a + b t with unit constraints on both: (a, b), and the inverse Hessian. */
function fitted(isIn: (i: number) => boolean) {
  let [s0, s1, s2, y0, y1] = [1, 0, 1, 0, 0];
  for (let i = 0; i < N; i++) {
    if (!isIn(i)) continue;
    s0 += 1;
    s1 += t[i]!;
    s2 += t[i]! ** 2;
    y0 += x[i]!;
    y1 += x[i]! * t[i]!;
  }
  const det = s0 * s2 - s1 * s1;
  const covariance = [
    [s2 / det, -s1 / det],
    [-s1 / det, s0 / det],
  ];
  return { estimate: covariance.map(([p, q]) => p! * y0 + q! * y1), covariance };
}

const { estimate, covariance } = fitted(() => true);
const residuals = x.map((own, i) => own - estimate[0]! - estimate[1]! * t[i]!);
const scores = Float64Array.from([...residuals, ...residuals.map((own, i) => own * t[i]!)]);

function shiftsOf(group: ReadonlySet<number>) {
  const shifts = new EventShifts(covariance, group);
  const half = (from: number, to: number) =>
    Float64Array.from([...scores.subarray(from, to), ...scores.subarray(N + from, N + to)]);
  shifts.add(half(0, 900), 0);
  shifts.add(half(900, N), 900);
  return shifts;
}

test("five events for each parameter, the largest first, each as leaving it out says", () => {
  const shifts = shiftsOf(new Set());
  for (const k of [0, 1]) {
    const { events } = shifts.largest[k]!;
    assert.is(events.length, 5);
    assert.equal(
      [...events].sort((a, b) => Math.abs(b.shift) - Math.abs(a.shift)),
      events,
    );
    for (const { event, shift } of events) {
      const without = fitted((i) => i !== event).estimate[k]!;
      const expected = (estimate[k]! - without) / Math.sqrt(covariance[k]![k]!);
      // Leaving it out also takes its curvature: at most a hundredth here.
      assert.ok(Math.abs(shift / expected - 1) < 0.02, `${k}, ${event}: ${shift}, ${expected}`);
    }
  }
  assert.is(shifts.largest[0]!.events[0]!.event === 77 || shifts.largest[0]!.events[0]!.event === 1500, true);
});

test("a group of events together moves the estimates by what leaving all of them out says", () => {
  const group = new Set([77, 5, 6, 1999]);
  const { together } = shiftsOf(group);
  const without = fitted((i) => !group.has(i)).estimate;
  for (const k of [0, 1]) {
    const expected = (estimate[k]! - without[k]!) / Math.sqrt(covariance[k]![k]!);
    assert.ok(
      Math.abs(together[k]! - expected) < 0.02 * Math.abs(expected) + 1e-3,
      `${k}: ${together[k]}, ${expected}`,
    );
  }
});

test("a parameter that a bound holds does not move, and a score that is no number is the largest", () => {
  const shifts = new EventShifts(
    [
      [0, 0],
      [0, 0.25],
    ],
    new Set([1]),
  );
  shifts.add(Float64Array.of(1, 2, 3, 4, 5, Number.NaN), 10);
  assert.equal(
    shifts.largest[0]!.events.map(({ shift }) => shift).filter((shift) => shift !== Number.POSITIVE_INFINITY),
    [0, 0],
  );
  assert.is(shifts.largest[1]!.events[0]!.event, 12);
  assert.equal([...shifts.together], [0, 0]);
});

test.run();
