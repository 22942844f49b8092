/** Replicas come back from their file as they were saved, and nothing else does. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Replica } from "../../../inference/measurements/distribution-of-interest/ensemble.js";
import { writeSafetensors } from "../../../io/index.js";
import { writeSealed } from "../../../workflow/store/checksum.js";
import { REPLICAS_FILE, readReplicas, saveReplicas } from "../../../workflow/store/ensemble-files.js";
import { torchModel } from "../../inference/torch-mixture.js";
import { gaussianModel } from "../../support/gaussian-mixture.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-replicas-"));
const file = join(folder, REPLICAS_FILE);
test.after(() => rmSync(folder, { recursive: true }));

const model = torchModel({ hasTransport: true, hasRates: false });

const replica = (index: number): Replica => ({
  index,
  nu: [0.1 * index, -1 / 3],
  transport: new Map(
    [...model.transport!.weights].map(([name, { shape, data }]) => [
      name,
      { shape, data: data.map((value) => value + index) },
    ]),
  ),
});

/** The message of a refusal. */
const refusal = (of: Promise<unknown>): Promise<string> =>
  of.then(
    () => assert.unreachable("nothing was refused"),
    (error: Error) => error.message,
  ) as Promise<string>;

test("replicas come back bit for bit and by index; none is no file", async () => {
  await saveReplicas(folder, [replica(10), replica(2)]);
  assert.equal(await readReplicas(folder, model), [replica(2), replica(10)]);
  await saveReplicas(folder, []);
  assert.equal(readdirSync(folder), []);
  assert.equal(await readReplicas(folder, model), []);
});

test("refuses replicas of another T, without their nu, of no T, and damaged files", async () => {
  await saveReplicas(folder, [replica(3)]);
  assert.match(
    await refusal(readReplicas(folder, gaussianModel)),
    /replicas\.safetensors, replica 3: expected .* got weights of another architecture/,
  );
  const { transport: _, response: __, ...withoutTransport } = model;
  assert.match(await refusal(readReplicas(folder, withoutTransport)), /replica 3: expected a model with a map T/);
  const three = { ...model, nuisances: [...model.nuisances, model.nuisances[0]!] };
  assert.match(await refusal(readReplicas(folder, three)), /expected one finite number for each of 3 nuisances/);
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.subarray(0, bytes.length - 8));
  assert.match(await refusal(readReplicas(folder, model)), /truncated or corrupt/);
  await writeSealed(
    file,
    new Map([...model.transport!.weights].map(([name, tensor]) => [`0.transfer.${name}`, tensor])),
    {},
  );
  assert.match(await refusal(readReplicas(folder, model)), /replica 0: expected a tensor "0\.nu", got none/);
  await writeSealed(file, new Map([["0.mu", { shape: [1], data: new Float64Array(1) }]]), {});
  assert.match(
    await refusal(readReplicas(folder, model)),
    /expected tensors <index>\.nu and <index>\.transfer\.<name>, got "0\.mu"/,
  );
  await writeSafetensors(file, { "0.nu": { shape: [1], data: new Float64Array(1) } });
  assert.match(
    await refusal(readReplicas(folder, model)),
    /replicas\.safetensors: expected contents that agree with their checksum, got none \(a file of an earlier version, or damaged\)\. Run/,
  );
});

test.run();
