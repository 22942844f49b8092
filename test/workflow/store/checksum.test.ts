/** A flipped bit in any file that is read back is noticed, wherever it is, and the message names the file. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { FileError } from "../../../io/index.js";
import { REPLICAS_FILE, readReplicas, saveReplicas } from "../../../workflow/store/ensemble-files.js";
import { MODEL_FILE, readSavedModel, saveModel } from "../../../workflow/store/model-files.js";
import { torchModel } from "../../inference/torch-mixture.js";
import { forEachFlip, someBits } from "./flipped-bits.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-checksums-"));
const at = (...names: string[]) => join(folder, ...names);
test.after(() => rmSync(folder, { recursive: true }));

test("bits of a saved model and of replicas, in the length, the header and the data", async () => {
  const model = torchModel({ hasTransport: true, hasRates: false });
  await saveModel(folder, model);
  await saveReplicas(folder, [{ index: 0, nu: [0.5, -0.5], transport: model.transport!.weights }]);
  const readers = [
    [MODEL_FILE, () => readSavedModel(folder)],
    [REPLICAS_FILE, () => readReplicas(folder, model)],
  ] as const;
  for (const [name, read] of readers) {
    await read();
    await forEachFlip(at(name), someBits(at(name), 40), async (where) => {
      const error = await read().then(
        () => undefined,
        (reason) => reason,
      );
      assert.instance(error, FileError, `${name}, ${where}: ${error}`);
      assert.ok(error.message.startsWith(`${at(name)}`), error.message);
    });
    await read();
  }
});

test.run();
