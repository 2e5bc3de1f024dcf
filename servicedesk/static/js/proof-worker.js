// Finds the number that, written behind a form's start with a dot, gives a SHA-256 with enough leading zero bits.
"use strict";

const AT_ONCE = 256;

function isProof(digest, bits) {
  return new DataView(digest).getUint32(0) >>> (32 - bits) === 0;
}

self.addEventListener("message", async ({ data: start }) => {
  const bits = Number(start.split(".")[1]);
  const encoder = new TextEncoder();
  for (let from = 0; ; from += AT_ONCE) {
    const numbers = Array.from({ length: AT_ONCE }, (_, index) => from + index);
    const digests = await Promise.all(numbers.map((number) => crypto.subtle.digest("SHA-256", encoder.encode(`${start}.${number}`))));
    const found = digests.findIndex((digest) => isProof(digest, bits));
    if (found >= 0) {
      self.postMessage(String(from + found));
      return;
    }
  }
});
