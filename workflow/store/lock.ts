/**
 * One owner of a thing at a time, on a file system that many machines may share. The lock names its owner, so that the lock of a killed
 * process stops no other.
 *
 * The lock is a folder with one empty file, whose name is the owner's. It appears whole, by the rename of a folder made beside it, which
 * fails where there is one already. It is taken over from a process that ended by the rename of that one file: of several who
 * try, the one whose rename finds the old name wins, and a lock that has a new owner by then has no file of the old name.
 *
 * Of a process on another machine nobody here can tell whether it still runs. Its sign of life is the time of that file, which it
 * sets again and again. Clocks of machines differ: what counts is for how long the time does not change, by the clock of the one who waits.
 */
import { randomBytes } from "node:crypto";
import { mkdir, readdir, rename, rm, rmdir, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { systemCode } from "../../io/errors.js";
import { IDENTITY_PATTERN, ownIdentity, processNumber, processState } from "../../io/process-identity.js";
import { temporaryFile } from "../../io/write-atomic.js";
import { UsageError } from "../errors.js";
import { notWritable, refuseLink } from "./output-folder.js";

/** Milliseconds. */
export interface LockTimes {
  /** Between two signs of life. */
  readonly beat: number;
  /**
   * Without a sign of life, until a process of another machine counts as ended. NFS keeps the time of a file for up to a minute
   * (`acregmax`), so that it is some of these and some beats. Who is taken over and lives does the same work twice, and no harm.
   */
  readonly patience: number;
}

const TIMES: LockTimes = { beat: 20_000, patience: 180_000 };

/** Milliseconds between two looks at a lock, at first and at most, and between two words about waiting for it. */
const LOOK_INTERVAL = { first: 100, most: 2000 } as const;
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

/** A lock of one's own where there is none, or an empty one, as a process leaves that is killed while it gives the lock up. */
async function claim(lock: string, owner: string): Promise<boolean> {
  const own = temporaryFile(dirname(lock));
  await mkdir(own);
  await writeFile(join(own, owner), "");
  // ENOENT: a server of files did it, its answer was lost, and the question was asked again.
  if (await attempt(rename(own, lock), "ENOENT", ...TAKEN)) return true;
  await rm(own, { recursive: true, force: true });
  await attempt(rmdir(lock), "ENOENT", ...TAKEN);
  return false;
}

/** Something else lies at the place of the lock: there is no process to wait for. */
const noLock = (lock: string, got: string) =>
  new UsageError(lock, {
    expected: "the lock of a running `unbinned`, or nothing",
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

const timeOf = (file: string) =>
  stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );

/** Looks at a lock again and again, and takes it where that is possible. */
class Taker {
  private seen: { readonly owner: string; readonly time: number | undefined; readonly since: number } | undefined;

  constructor(
    private readonly lock: string,
    private readonly own: string,
    private readonly patience: number,
  ) {}

  /** Makes the lock one's own; the owner who has it where that is not possible. */
  async take(): Promise<string | undefined> {
    const { lock, own } = this;
    for (;;) {
      const owner = await ownerOf(lock);
      if (owner === own) return undefined;
      if (owner === undefined) {
        if (await claim(lock, own)) return undefined;
      } else {
        if (!(await this.hasEnded(owner))) return owner;
        if (await attempt(rename(join(lock, owner), join(lock, own)), "ENOENT")) return undefined;
      }
    }
  }

  private async hasEnded(owner: string): Promise<boolean> {
    const state = processState(partsOf(owner).identity);
    if (state !== "unknown") return state === "ended";
    const time = await timeOf(join(this.lock, owner));
    const now = performance.now();
    const { seen } = this;
    if (seen === undefined || seen.owner !== owner || seen.time !== time) {
      this.seen = { owner, time, since: now };
      return false;
    }
    return now - seen.since > this.patience;
  }
}

async function describe(what: string, lock: string, owner: string, patience: number): Promise<string> {
  const { identity, host } = partsOf(owner);
  const { mtime } = await stat(lock).catch(() => ({ mtime: undefined }));
  const since = mtime === undefined ? "" : `, since ${mtime.toISOString().slice(0, 16).replace("T", " ")} UTC`;
  const who = `process ${processNumber(identity)} on ${host}${since}`;
  const text = `${what} is in use by another \`unbinned\` (${who})`;
  if (processState(identity) === "running") return `${text}. Waiting until it has finished`;
  const seconds = Math.ceil(patience / 1000);
  return `${text}, which this machine cannot see. Waiting until it has finished, or gave no sign of life for ${seconds} s`;
}

export interface LockRequest {
  /** The path of the lock; its folder is there. */
  readonly lock: string;
  /** What it is the lock of, for messages. */
  readonly what: string;
  readonly signal: AbortSignal;
  /** Told whom it waits for, at first and now and then. */
  say(text: string): void;
  readonly times?: LockTimes;
}

/**
 * Does something as the owner of a lock; waits, with a word about whom for, while another process is.
 *
 * @param use  what no two may do at once
 */
export async function asOwnerOf<T>(
  { lock, what, signal, say, times: { beat, patience } = TIMES }: LockRequest,
  use: () => Promise<T>,
): Promise<T> {
  refuseLink(lock);
  const own = newOwner();
  const taker = new Taker(lock, own, patience);
  const take = () =>
    taker.take().catch((error) => {
      throw notWritable(dirname(lock), error);
    });
  let said: number | undefined;
  let interval: number = LOOK_INTERVAL.first;
  for (let other = await take(); other !== undefined; other = await take()) {
    if (said === undefined || performance.now() - said > WORD_INTERVAL) {
      said = performance.now();
      say(`${await describe(what, lock, other, patience)}; Ctrl-C stops`);
    }
    await sleep(interval, undefined, { signal });
    interval = Math.min(1.5 * interval, LOOK_INTERVAL.most);
  }
  const alive = () => {
    const now = new Date();
    // Where the lock was taken over meanwhile there is nothing to keep.
    utimes(join(lock, own), now, now).catch(() => {});
  };
  const beats = setInterval(alive, beat).unref();
  try {
    return await use();
  } finally {
    clearInterval(beats);
    await rm(join(lock, own), { force: true });
    await rmdir(lock).catch(() => {});
  }
}
