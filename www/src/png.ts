// Pictures as PNG files, which is what cards and personas travel in.

/** Longest side of a picture that is not a PNG and is made one, in pixels. */
const LARGEST = 2048;

/** Any picture that the browser knows, as a PNG; one that is a PNG stays as it is. */
export async function asPng(file: Blob): Promise<Uint8Array> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if ([0x89, 0x50, 0x4e, 0x47].every((byte, n) => bytes[n] === byte)) return bytes;
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, LARGEST / Math.max(picture.width, picture.height));
  const canvas = new OffscreenCanvas(Math.max(1, Math.round(picture.width * scale)), Math.max(1, Math.round(picture.height * scale)));
  canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return new Uint8Array(await (await canvas.convertToBlob({ type: "image/png" })).arrayBuffer());
}
