const polynomial = 0x1021;
const slots = 16_384;
const openBrace = 123;
const closeBrace = 125;

const table = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ polynomial : crc << 1;
  return crc & 0xffff;
});

/** The cluster slot of a key: CRC16 (XMODEM) of its hash tag, or of the whole key, modulo 16384. */
export function keySlot(key: Buffer): number {
  const hashed = hashTag(key);
  let crc = 0;
  for (const byte of hashed) crc = ((crc << 8) ^ (table[((crc >> 8) ^ byte) & 0xff] ?? 0)) & 0xffff;
  return crc % slots;
}

/** True when the keys do not all hash to one slot. */
export function crossesSlots(keys: readonly Buffer[]): boolean {
  const first = keys[0];
  if (first === undefined) return false;
  const slot = keySlot(first);
  return keys.some((key) => keySlot(key) !== slot);
}

function hashTag(key: Buffer): Buffer {
  const open = key.indexOf(openBrace);
  if (open < 0) return key;
  const close = key.indexOf(closeBrace, open + 1);
  return close > open + 1 ? key.subarray(open + 1, close) : key;
}
