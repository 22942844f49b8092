/** Files of other formats, given by mistake. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readTextFile } from "../../io/file-kinds.js";
import {
  listColumns,
  readCsv,
  readNpy,
  readNpz,
  readSafetensors,
  readTorchStateDict,
  writeNpy,
  writeNpz,
} from "../../io/index.js";
import { assertRefused } from "./support.js";

const readers: Readonly<Record<string, (path: string) => Promise<unknown>>> = {
  ".npy": readNpy,
  ".npz": readNpz,
  ".csv": readCsv,
  ".safetensors": readSafetensors,
  ".pt": readTorchStateDict,
  ".yaml": async (path) => readTextFile(path, 1e6),
};

const bytes = (text: string, filling = 300) => Buffer.concat([Buffer.from(text, "latin1"), Buffer.alloc(filling, 1)]);

/** The first bytes of each format's specification, or those that its program writes. */
const FOREIGN: readonly (readonly [RegExp, Buffer])[] = [
  [/got a file packed with gzip\. Unpack it first: gunzip$/, gzipSync("x,y\n1,2\n")],
  [/bzip2/, bytes("BZh91AY&SY")],
  [/packed with xz/, bytes("\xfd7zXZ\0")],
  [/zstd/, bytes("\x28\xb5\x2f\xfd")],
  [/7z archive/, bytes("7z\xbc\xaf\x27\x1c")],
  [/tar archive/, bytes(`x.npy${"\0".repeat(252)}ustar\x0000`)],
  [/a ROOT file\. Give it the extension \.root/, bytes("root\0\0\xf7\x01")],
  [/an HDF5 file\. Give it the extension \.h5/, bytes("\x89HDF\r\n\x1a\n")],
  [/Parquet/, bytes("PAR1\x15\x04")],
  [/Arrow/, bytes("ARROW1\0\0")],
  [/FITS/, bytes(`SIMPLE  =${" ".repeat(20)}T`)],
  [/MATLAB/, bytes("MATLAB 5.0 MAT-file, Platform")],
  [/Excel/, bytes("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")],
  [/SQLite/, bytes("SQLite format 3\0")],
  [/a web page\. The download failed/, bytes("\n<!DOCTYPE html>")],
  [/a web page/, bytes("<html><head>")],
];

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "unbinned-foreign-"));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("a file of a format that is not read is called what it is, whatever its name says", () =>
  withFolder(async (folder) => {
    for (const [kind, read] of Object.entries(readers)) {
      for (const [message, content] of FOREIGN) {
        const path = join(folder, `a${kind}`);
        await writeFile(path, content);
        await assertRefused(() => read(path), message);
      }
    }
  }));

test("an extension of a format that is not read comes with the way out", async () => {
  for (const [extension, hint] of Object.entries({ gz: /gunzip/, FITS: /astropy/, feather: /pyarrow/ })) {
    await assertRefused(() => listColumns(`a.${extension}`), hint);
  }
});

test("formats that are read are recognised where the name is that of another", () =>
  withFolder(async (folder) => {
    const array = { shape: [2], data: new Float64Array([1, 2]) };
    for (const extension of [".csv", ".safetensors", ".npy"]) {
      const path = join(folder, `zip${extension}`);
      await writeNpz(path, { x: array });
      await assertRefused(() => readers[extension]!(path), /got a zip archive \(\.npz, \.pt, \.xlsx\)/);
    }
    for (const extension of [".csv", ".safetensors", ".npz", ".pt"]) {
      const path = join(folder, `npy${extension}`);
      await writeNpy(path, array);
      await assertRefused(() => readers[extension]!(path), /got one array in numpy's \.npy format/);
    }
  }));

test("columns that are called like a format are columns", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.csv");
    for (const name of ["root", "PAR1", "BZh91", "PK", "SIMPLE", "7z", "ustar", "MATLAB"]) {
      await writeFile(path, `${name},y\n1,2\n`);
      assert.equal([...(await readCsv(path)).keys()], [name, "y"]);
    }
  }));

test.run();
