/** The generator of `random.ts`, Philox 4x32-10, with 64-bit products in parts of 16 bits. */
export const philoxFunctions: readonly string[] = [
  `fn philox(counter: vec4<u32>, seed: vec2<u32>) -> vec4<u32> {
  var x = counter;
  var key = seed;
  for (var round = 0; round < 10; round++) {
    x = vec4<u32>(
      multiplyHigh(0xcd9e8d57u, x.z) ^ x.y ^ key.x,
      0xcd9e8d57u * x.z,
      multiplyHigh(0xd2511f53u, x.x) ^ x.w ^ key.y,
      0xd2511f53u * x.x,
    );
    key += vec2<u32>(0x9e3779b9u, 0xbb67ae85u);
  }
  return x;
}`,
];
