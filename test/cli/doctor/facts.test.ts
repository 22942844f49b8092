/** What the doctor finds out of drivers: files that are named and not there, drivers that do not load. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { gpuFacts } from "../../../cli/doctor/facts.js";

test("a variable that names driver files comes with those that are not there", async () => {
  const folder = mkdtempSync(join(tmpdir(), "unbinned-facts-"));
  const before = process.env.VK_DRIVER_FILES;
  const [there, missing] = [join(folder, "there.json"), join(folder, "missing.json")];
  writeFileSync(there, "{}");
  process.env.VK_DRIVER_FILES = `${there}:${missing}`;
  try {
    const { driverFiles, driverVariable, platform, adapters } = await gpuFacts();
    assert.equal(driverFiles, [there]);
    assert.equal(driverVariable, { name: "VK_DRIVER_FILES", missing: [missing] });
    assert.is(platform, process.platform);
    // No driver is in these files.
    if (platform === "linux") assert.equal(adapters, []);
  } finally {
    if (before === undefined) delete process.env.VK_DRIVER_FILES;
    else process.env.VK_DRIVER_FILES = before;
    rmSync(folder, { recursive: true });
  }
});

test("doctor finds out why a driver is not found, and ends well", () => {
  const folder = mkdtempSync(join(tmpdir(), "unbinned-doctor-"));
  try {
    const driver = join(folder, "broken_icd.json");
    const text = {
      file_format_version: "1.0.0",
      ICD: { library_path: "libno_such_driver.so.0", api_version: "1.3.0" },
    };
    writeFileSync(driver, JSON.stringify(text));
    const main = fileURLToPath(new URL("../../../cli/main.js", import.meta.url));
    const doctor = (files: string) =>
      spawnSync(process.execPath, [main, "doctor"], {
        encoding: "utf8",
        env: { ...process.env, VK_DRIVER_FILES: files },
      });
    const missing = doctor(join(folder, "none.json"));
    assert.is(missing.status, 0, missing.stderr);
    assert.match(missing.stdout, /webgpu adapter: +none\n/);
    const { status, stdout, stderr } = doctor(driver);
    assert.is(status, 0, stderr);
    assert.is(stderr, "");
    // Machines without Vulkan's loader do not read the variable.
    if (/libvulkan\.so\.1, is missing/.test(stdout)) console.log("note: no Vulkan loader here");
    else {
      assert.match(missing.stdout, /webgpu advice: +VK_DRIVER_FILES names files that are not there/);
      assert.match(stdout, /webgpu advice: +A Vulkan driver needs the library libno_such_driver\.so\.0/);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
