import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readSmallFile } from "../../../io/file-kinds.js";
import { abandonLibrary, H5WASM, loadLibrary } from "../../../io/hdf5/library.js";
import { hdf5File } from "./files.js";

test("one library for all files, until it is abandoned", async () => {
  const first = await loadLibrary("a.h5");
  assert.is(await loadLibrary("b.h5"), first);
  abandonLibrary();
  assert.is.not(await loadLibrary("b.h5"), first);
});

test("what the library complains of is kept, its last reason, and not written anywhere", () => {
  const script = `import { loadLibrary } from ${JSON.stringify(new URL("../../../io/hdf5/library.js", import.meta.url).href)};
    const { library, complaint } = await loadLibrary("a");
    const id = library.open(${JSON.stringify(hdf5File("../hdf5.py"))}, 0, false, -1, -1);
    process.stdout.write(JSON.stringify([String(id), complaint(), complaint() ?? null]));`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  assert.equal([JSON.parse(stdout), stderr], [["-1", "file signature not found", null], ""]);
});

test("without the package: how to install the version that package.json names", () => {
  const { peerDependencies } = JSON.parse(
    Buffer.from(readSmallFile(new URL("../../../../package.json", import.meta.url).pathname, 2 ** 20)).toString("utf8"),
  ) as { peerDependencies: { h5wasm: string } };
  assert.is(H5WASM, `h5wasm@${peerDependencies.h5wasm}`);
  const folder = mkdtempSync(join(tmpdir(), "unbinned-io-"));
  try {
    // A program beside which the package is not installed: the one that asks is a copy in another folder.
    const hooks = `export const resolve = async (name, context, next) => {
      if (name === "h5wasm/node") throw Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" });
      return next(name, context);
    };`;
    writeFileSync(join(folder, "hooks.mjs"), hooks);
    writeFileSync(
      join(folder, "start.mjs"),
      `import { register } from "node:module"; register(${JSON.stringify(`file://${folder}/hooks.mjs`)});`,
    );
    const script = `import { readEvents } from ${JSON.stringify(new URL("../../../io/columns.js", import.meta.url).href)};
      await readEvents(${JSON.stringify(hdf5File("checked.h5"))}).catch((error) => process.stdout.write(error.name + " " + error.message));`;
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ["--import", `file://${folder}/start.mjs`, "--input-type=module", "-e", script],
      { encoding: "utf8" },
    );
    assert.match(
      stdout,
      /^FileError \S*checked\.h5: expected the package h5wasm, which reads HDF5 files, got none\. Run `npm install h5wasm@0\.10\.3`$/,
      stderr,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
