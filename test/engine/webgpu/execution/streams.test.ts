/** Buffers and bind groups of a program, whose scratch others may make grow. */

import { test } from "uvu";
import * as assert from "uvu/assert";
import * as o from "../../../../engine/tape/operations.js";
import { Tape } from "../../../../engine/tape/tape.js";
import { Scratch } from "../../../../engine/webgpu/device/scratch.js";
import { DeviceColumns } from "../../../../engine/webgpu/execution/columns.js";
import { Session } from "../../../../engine/webgpu/execution/session.js";
import { State } from "../../../../engine/webgpu/execution/state.js";
import { Streams } from "../../../../engine/webgpu/execution/streams.js";
import { planRun } from "../../../../engine/webgpu/plan.js";
import { webgpuTest } from "../../../support/webgpu.js";

const events = (length: number) => () => ({ start: 0, length, bound: length });

webgpuTest("bind groups stay until the scratch grows, be it for another program", async (device) => {
  const scratch = new Scratch(device);
  const columns = new DeviceColumns(device, device.largestBinding);
  await columns.bind("x", new Float32Array(10_000));
  const open = () => {
    const sum = o.sumEvents(o.exp(new Tape().column("x")));
    const { levels, memory } = planRun([sum]);
    const session = new Session(device, columns, new State(async () => ({})), scratch, Number.POSITIVE_INFINITY);
    const passes = levels.flatMap((level) => level.passes);
    return new Streams(session, memory, passes, false);
  };
  const [first, second] = [open(), open()];
  for (const streams of [first, second]) await streams.prepare([]);
  first.split(events(100));
  const bound = first.bind();
  assert.is(first.bind(), bound, "nothing has changed");
  second.split(events(10_000));
  second.bind();
  const after = first.bind();
  assert.is.not(after, bound, "the scratch has grown");
  assert.is(first.bind(), after);
  await device.settled();
  for (const each of [first, second, columns]) each.close();
});

test.run();
