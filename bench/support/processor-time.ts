/** Milliseconds of all threads of this process. */
export async function processorTime(body: () => Promise<unknown>): Promise<number> {
  const start = process.cpuUsage();
  await body();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}
