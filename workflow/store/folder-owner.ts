/**
 * One owner of a folder of results at a time. The lock names its owner, so that the lock of a killed process
 * stops no other run.
 *
 * The lock is a folder with one empty file, whose name is the owner's. It appears whole, by the rename of a folder made beside it, which
 * fails where there is one already. It is taken over from a process that ended by the rename of that one file: of several who
 * try, the one whose rename finds the old name wins, and a lock that has a new owner by then has no file of the old name.
 */
import { randomBytes } from "node:crypto";
import { mkdir, readdir, rename, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { systemCode } from "../../io/errors.js";
import { IDENTITY_PATTERN, ownIdentity, processNumber, processState } from "../../io/process-identity.js";
import { temporaryFile } from "../../io/write-atomic.js";
import { UsageError } from "../errors.js";
import type { Reporter } from "../reporter.js";
import { notWritable, refuseLink } from "./output-folder.js";

/** Name of the lock in the folder. */
export const LOCK = ".unbinned-owner";

/** Milliseconds between two looks at a lock, and between two words about waiting for it. */
const LOOK_INTERVAL = 250;
const WORD_INTERVAL = 60_000;

/** `<identity>@<random>@<host>`: an owner as the name of its file. */
const newOwner = () =>
  `${ownIdentity()}@${randomBytes(6).toString("hex")}@${hostname()
    .replace(/[^\w.-]/g, "_")
    .slice(0, 100)}`;

const OWNER = new RegExp(`^${IDENTITY_PATTERN}@[0-9a-f]{12}@[\\w.-]{0,100}$`);

const partsOf = (owner: string) => {
  const [identity = "", , host = "another machine"] = owner.split("@");
  return { identity, host };
};

/** Does what fails where another process was faster. Returns whether it was done. */
async function attempt(action: Promise<unknown>, ...faster: readonly string[]): Promise<boolean> {
  try {
    await action;
    return true;
  } catch (error) {
    if (faster.includes(systemCode(error) ?? "")) return false;
    throw error;
  }
}

/** What a rename says of a place that is taken. Windows says it of empty folders too. */
const TAKEN = ["ENOTEMPTY", "EEXIST", ...(process.platform === "win32" ? ["EPERM", "EACCES"] : [])];

/** A lock of one's own where there is none, or an empty one, as a process leaves that is killed while it gives the folder up. */
async function claim(lock: string, folder: string, owner: string): Promise<boolean> {
  const own = temporaryFile(folder);
  await mkdir(own);
  await writeFile(join(own, owner), "");
  if (await attempt(rename(own, lock), ...TAKEN)) return true;
  await rm(own, { recursive: true, force: true });
  await attempt(rmdir(lock), "ENOENT", ...TAKEN);
  return false;
}

/** Something else lies at the place of the lock: there is no process to wait for. */
const noLock = (lock: string, got: string) =>
  new UsageError(lock, {
    expected: "the lock of a running `unbinned run`, or nothing",
    got,
    hint: "Remove it, or choose another --out",
  });

/** The file in the lock; undefined where there is none. */
async function ownerOf(lock: string): Promise<string | undefined> {
  try {
    const [owner] = await readdir(lock);
    if (owner === undefined || OWNER.test(owner)) return owner;
    throw noLock(lock, "something else");
  } catch (error) {
    if (systemCode(error) === "ENOTDIR") throw noLock(lock, "a file");
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Makes a lock one's own; the owner who has it where that is not possible. */
async function take(folder: string, own: string): Promise<string | undefined> {
  try {
    return await taken(folder, own);
  } catch (error) {
    throw notWritable(folder, error);
  }
}

async function taken(folder: string, own: string): Promise<string | undefined> {
  const lock = join(folder, LOCK);
  for (;;) {
    const owner = await ownerOf(lock);
    if (owner === own) return undefined;
    if (owner === undefined) {
      if (await claim(lock, folder, own)) return undefined;
    } else {
      if (processState(partsOf(owner).identity) !== "ended") return owner;
      if (await attempt(rename(join(lock, owner), join(lock, own)), "ENOENT")) return undefined;
    }
  }
}

async function describe(folder: string, owner: string): Promise<string> {
  const { identity, host } = partsOf(owner);
  const { mtime } = await stat(join(folder, LOCK)).catch(() => ({ mtime: undefined }));
  const since = mtime === undefined ? "" : `, since ${mtime.toISOString().slice(0, 16).replace("T", " ")} UTC`;
  const who = `process ${processNumber(identity)} on ${host}${since}`;
  if (processState(identity) === "running") return `${folder} is in use by another \`unbinned run\` (${who})`;
  return (
    `${folder} is in use by another \`unbinned run\` (${who}), which this machine cannot see. ` +
    `If it does not run any more, delete ${join(folder, LOCK)}`
  );
}

/**
 * Does something as the owner of a folder; waits, with a word about whom for, while another process is.
 *
 * @param use  what no two may do at once
 */
export async function asOwner<T>(
  folder: string,
  { warn, signal }: Pick<Reporter, "warn" | "signal">,
  use: () => Promise<T>,
): Promise<T> {
  refuseLink(join(folder, LOCK));
  const own = newOwner();
  let said: number | undefined;
  for (let other = await take(folder, own); other !== undefined; other = await take(folder, own)) {
    if (said === undefined || performance.now() - said > WORD_INTERVAL) {
      said = performance.now();
      warn(`${await describe(folder, other)}. Waiting until it has finished; Ctrl-C stops`);
    }
    await sleep(LOOK_INTERVAL, undefined, { signal });
  }
  try {
    return await use();
  } finally {
    const lock = join(folder, LOCK);
    await rm(join(lock, own), { force: true });
    await rmdir(lock).catch(() => {});
  }
}
