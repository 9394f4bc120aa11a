import type { Machine } from '../machine.js';

/** Which adapter there is, what it offers, and whether it computes at all. */
export async function adapter({ gpuAdapter, device, report }: Machine): Promise<void> {
  const { info, limits, features } = gpuAdapter;
  const { vendor, architecture, device: model, description } = info;
  report.add({ adapter: { vendor, architecture, model, description }, software: device.isSoftware });
  const named: Record<string, number> = {};
  for (const name in limits) {
    const value = (limits as unknown as Record<string, unknown>)[name];
    if (typeof value === 'number') named[name] = value;
  }
  report.add({ limits: named });
  report.add({ features: [...features].sort() });
}
