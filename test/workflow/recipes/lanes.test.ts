/** Work is shared out among lanes, and what goes on beside it is waited for. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Beside, sharedOut } from "../../../workflow/recipes/lanes.js";

const { signal } = new AbortController();
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test("each item is done once, on a lane that does one at a time", async () => {
  const busy = new Set<string>();
  const done: number[] = [];
  await sharedOut([1, 2, 3, 4, 5], ["a", "b"], signal, async (item, lane) => {
    assert.not(busy.has(lane));
    busy.add(lane);
    for (let i = 0; i < item % 3; i++) await turn();
    busy.delete(lane);
    done.push(item);
  });
  assert.equal(done.sort(), [1, 2, 3, 4, 5]);
});

test("a failure is that of the whole; a signal stops what is not begun", async () => {
  const failing = sharedOut([1, 2], ["a"], signal, async () => {
    throw new Error("no");
  });
  await failing.then(
    () => assert.unreachable(),
    (error) => assert.is(error.message, "no"),
  );
  const stop = new AbortController();
  const done: number[] = [];
  const stopped = sharedOut([1, 2, 3], ["a"], stop.signal, async (item) => {
    done.push(item);
    stop.abort(new Error("enough"));
  });
  await stopped.then(
    () => assert.unreachable(),
    (error) => assert.is(error.message, "enough"),
  );
  assert.equal(done, [1]);
});

test("beside go so many pieces at most, and the end waits for all of them", async () => {
  const beside = new Beside(2);
  let [open, most, done] = [0, 0, 0];
  for (let i = 0; i < 6; i++) {
    await beside.begin(async () => {
      most = Math.max(most, ++open);
      await turn();
      open--;
      done++;
    });
  }
  await beside.end();
  assert.equal([most, done], [2, 6]);
});

test("what fails beside is thrown by what comes next, and by the end", async () => {
  const beside = new Beside(1);
  await beside.begin(async () => {
    await turn();
    throw new Error("disk full");
  });
  await beside
    .begin(async () => assert.unreachable())
    .then(
      () => assert.unreachable(),
      (error) => {
        assert.is(error.message, "disk full");
      },
    );
  await beside.end().then(
    () => assert.unreachable(),
    (error) => assert.is(error.message, "disk full"),
  );
});

test.run();
