import { test } from "uvu";
import * as assert from "uvu/assert";
import { createProgress, duration } from "../../../cli/command/progress.js";

/** A target that remembers, with a clock set by hand. */
function recorder(isTerminal: boolean) {
  const written: string[] = [];
  const clock = { now: 0 };
  const progress = createProgress({ isTerminal, width: 60, write: (text) => written.push(text), now: () => clock.now });
  return { written, clock, progress };
}

test("a log gets a plain line every few seconds: part, rate, time left, numbers", () => {
  const { written, clock, progress } = recorder(false);
  const counter = progress.begin("train p(y|x)", 1000);
  for (let i = 1; i <= 500; i++) {
    clock.now = 20 * i;
    counter.update(i, { loss: 2.5, nu: "0.1, 0.2" });
  }
  counter.done({ loss: 2.25 });
  assert.equal(written, [
    "train p(y|x): 250/1000 (25%), 50.0 steps/s, 15.0 s left, loss 2.50000, nu 0.1, 0.2\n",
    "train p(y|x): 500/1000 (50%), 50.0 steps/s, 10.0 s left, loss 2.50000, nu 0.1, 0.2\n",
    "train p(y|x): done in 10.0 s, 50.0 steps/s, loss 2.25000\n",
  ]);
});

test("a terminal gets one updating line, cut to its width, and notes above it", () => {
  const { written, clock, progress } = recorder(true);
  const counter = progress.begin("read", undefined, "events");
  counter.update(0);
  clock.now = 50;
  counter.update(1e6);
  clock.now = 1000;
  counter.update(5e7, { file: "a name that is much longer than the line can be" });
  progress.note("a warning");
  counter.done();
  const erase = "\r\u001b[K";
  const live = written[1]!.slice(erase.length);
  assert.is(written[0], `${erase}read: 0 events`);
  assert.match(live, /^read: 50000000 events, 50\.0 M events\/s, file a name/);
  assert.is(live.length, 59);
  assert.equal(written.slice(2), [erase, "a warning\n", live, `${erase}read: done in 1.0 s, 50.0 M events/s\n`]);
});

test("work that was cut short leaves its line behind, ended", () => {
  const { written, progress } = recorder(true);
  progress.begin("read").update(1);
  progress.close();
  progress.close();
  assert.equal(written.slice(1), ["\n"]);
});

test("resumed work counts its rate from where it began", () => {
  const { written, clock, progress } = recorder(false);
  const counter = progress.begin("train", 1000);
  counter.update(900);
  clock.now = 10_000;
  counter.update(950);
  assert.equal(written, ["train: 950/1000 (95%), 5.00 steps/s, 10.0 s left\n"]);
});

test("durations", () => {
  assert.is(duration(4.24), "4.2 s");
  assert.is(duration(59.97), "1 min 00 s");
  assert.is(duration(67), "1 min 07 s");
  assert.is(duration(7500), "2 h 05 min");
});

test.run();
