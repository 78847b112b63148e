/** Slots of a Redis Cluster; every key belongs to one of them, every slot to one node. */
export const SLOTS = 16_384;

const OPEN = 123;
const CLOSE = 125;
const CCITT = 0x1021;
const CRC_OF_BYTE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit += 1) crc = ((crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ CCITT) & 0xffff;
  return crc;
});

/** The slot of these bytes as they are: CRC16 (XMODEM). */
export function slotOfBytes(bytes: Buffer): number {
  let crc = 0;
  for (let index = 0; index < bytes.length; index += 1)
    crc = ((crc << 8) ^ (CRC_OF_BYTE[(crc >> 8) ^ (bytes[index] ?? 0)] ?? 0)) & 0xffff;
  return crc % SLOTS;
}

/** What decides the slot of a key between its first `{` and the next `}`, when there is anything; undefined when the whole key does. */
export function bracedTag(key: Buffer): Buffer | undefined {
  const open = key.indexOf(OPEN);
  const close = open === -1 ? -1 : key.indexOf(CLOSE, open + 1);
  return close > open + 1 ? key.subarray(open + 1, close) : undefined;
}

/** The slot of a key. */
export function slotOfKey(key: Buffer): number {
  return slotOfBytes(bracedTag(key) ?? key);
}

/** A short name of this slot, without braces. */
export function tagOfSlot(slot: number): Buffer {
  // The checksum spreads small numbers over all slots, so it takes some 16,384 tries.
  for (let number = 0; ; number += 1) {
    const tag = Buffer.from(String(number));
    if (slotOfBytes(tag) === slot) return tag;
  }
}
