/** Files that are damaged, cut short, of another format, or changed while they are read. */
import { appendFileSync, copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openEvents, readEvents, readTable } from "../../../io/columns.js";
import { FileError } from "../../../io/errors.js";
import { withFlippedBit } from "../random-bytes.js";
import { assertRefused, withFolder } from "../support.js";
import { answers, assertSame, hdf5File } from "./files.js";

test("a file that is cut short is refused, wherever", () =>
  withFolder(async (folder) => {
    for (const name of ["checked.h5", "records.h5", "pytables.h5"]) {
      const bytes = readFileSync(hdf5File(name));
      const path = join(folder, name);
      for (let length = 0; length < bytes.length; length += Math.ceil(bytes.length / 40)) {
        writeFileSync(path, bytes.subarray(0, length));
        await assertRefused(() => readTable(`${path}:/`), /expected an HDF5 file, got/);
      }
      writeFileSync(path, bytes.subarray(0, -1));
      await assertRefused(() => readTable(`${path}:/`), /expected an HDF5 file, got "truncated file: eof = \d+/);
    }
  }));

test("where all is checked, a flipped bit is found or changes nothing", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.h5");
    const bytes = readFileSync(hdf5File("checked.h5"));
    const found = { refused: 0, same: 0 };
    // Every 61st: all bits of bytes are met, and all objects.
    for (let bit = 0; bit < 8 * bytes.length; bit += 61) {
      const damaged = Buffer.from(bytes);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      writeFileSync(path, damaged);
      try {
        const { columns, unread } = await readTable(`${path}:events`);
        assert.equal([columns.size, unread.size], [2, 0], `bit ${bit}`);
        for (const [name, answer] of Object.entries(answers["checked.h5"]!["events"]!)) {
          assertSame(`bit ${bit}, ${name}`, (columns.get(name) as { data: Iterable<unknown> }).data, answer);
        }
        found.same++;
      } catch (error) {
        assert.instance(error, FileError, `bit ${bit}: ${error}`);
        found.refused++;
      }
    }
    // A third of the bytes is room that nothing uses.
    assert.ok(found.refused > found.same, JSON.stringify(found));
  }));

test("damaged files of all kinds are read or refused in a sentence, and the next file is read", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.h5");
    for (const [name, parts] of Object.entries(answers)) {
      const bytes = readFileSync(hdf5File(name));
      for (let round = 0; round < 12; round++) {
        writeFileSync(path, withFlippedBit(bytes, round));
        for (const part of Object.keys(parts)) {
          await readTable(`${path}:${part}`).catch((error: unknown) => {
            assert.instance(error, FileError, `${name}, round ${round}: ${error}`);
            assert.not.match((error as FileError).message, /\n|RuntimeError|HDF5-DIAG/);
          });
        }
      }
    }
    assert.is((await readEvents(hdf5File("checked.h5"))).count, 20);
  }));

test("files of other formats, and under other names", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.h5");
    for (const [text, got] of [
      ["PK\x03\x04 and more", /expected an HDF5 file, got a zip archive/],
      ["\x0e\x03\x13\x01 and more", /expected an HDF5 file, got an HDF4 file/],
      ["x,y\n1,2\n", /expected an HDF5 file, got "file signature not found"/],
      ["root\0 and more", /expected a format that is read here, got a ROOT file\. Give it the extension \.root/],
    ] as const) {
      writeFileSync(path, text, "latin1");
      await assertRefused(() => readEvents(path), got);
    }
    copyFileSync(hdf5File("checked.h5"), join(folder, "a.npz"));
    await assertRefused(() => readEvents(join(folder, "a.npz")), /got an HDF5 file\. Give it the extension \.h5/);
    await assertRefused(
      () => readEvents(join(folder, "none.h5")),
      /none\.h5: expected a file, got nothing at this path/,
    );
  }));

test("a file that changes while it is let go of is refused", () =>
  withFolder(async (folder) => {
    const paths = ["a.h5", "b.h5"].map((name) => join(folder, name));
    for (const path of paths) copyFileSync(hdf5File("checked.h5"), path);
    // Of several files, each is let go of.
    const events = await openEvents(paths, ["of_f4"]);
    assert.is((await events.read(0, 40)).count, 40);
    appendFileSync(paths[1]!, "x");
    await assertRefused(
      () => events.read(0, 40),
      /b\.h5: expected the file that was opened before, got another in its place/,
    );
    await events.close();
  }));

test.run();
