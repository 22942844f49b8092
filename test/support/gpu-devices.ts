/** The GPU devices that a body opens, for tests that watch or disturb them. */

export interface Watch {
  /** What a device is asked for instead. */
  readonly asking?: (asked: GPUDeviceDescriptor) => GPUDeviceDescriptor;
  readonly onDevice?: (device: GPUDevice) => void;
}

/** Runs the body while all devices that are opened pass through the watch. */
export async function watchingDevices<T>(
  { asking = (asked) => asked, onDevice }: Watch,
  body: () => Promise<T>,
): Promise<T> {
  const { globals } = await import("webgpu");
  const { prototype } = (globals as unknown as { GPUAdapter: { prototype: GPUAdapter } }).GPUAdapter;
  const { requestDevice } = prototype;
  prototype.requestDevice = async function (this: GPUAdapter, asked = {}) {
    const device = await requestDevice.call(this, asking(asked));
    onDevice?.(device);
    return device;
  };
  try {
    return await body();
  } finally {
    prototype.requestDevice = requestDevice;
  }
}

/** Counts the bytes of buffers that a device holds, from now on. */
export function countBytes(device: GPUDevice): { now: number; peak: number } {
  const count = { now: 0, peak: 0 };
  const createBuffer = device.createBuffer.bind(device);
  device.createBuffer = (asked) => {
    const buffer = createBuffer(asked);
    const destroy = buffer.destroy.bind(buffer);
    let bytes = asked.size;
    count.now += bytes;
    count.peak = Math.max(count.peak, count.now);
    buffer.destroy = () => {
      count.now -= bytes;
      bytes = 0;
      return destroy();
    };
    return buffer;
  };
  return count;
}
