import { existsSync } from 'node:fs';

/** The driver that computes on the processor, as Debian's package chromium brings it. */
const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';

// Where no driver is named, tests take this one, in Node and in the browsers that they start: others may not do in software.
if (!process.env.VK_DRIVER_FILES && !process.env.VK_ICD_FILENAMES && existsSync(SWIFTSHADER)) {
  process.env.VK_DRIVER_FILES = SWIFTSHADER;
  process.env.VK_ICD_FILENAMES = SWIFTSHADER;
}
