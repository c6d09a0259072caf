// QR codes as plain drawings: a path for a page, a whole file for a download.
import { encode } from 'uqr';

/** A QR code as an SVG path of unit squares, `size` × `size` with the quiet zone of 2 included. */
export interface QrDrawing {
  size: number;
  path: string;
}

/** Draws `text`; runs of dark squares in a row become one rectangle. */
export function drawQr(text: string): QrDrawing {
  const { data, size } = encode(text, { border: 2, ecc: 'M' });
  let path = '';
  data.forEach((row, y) => {
    let x = 0;
    while (x < size) {
      let end = x;
      while (end < size && row[end]) end += 1;
      if (end > x) path += `M${x} ${y}h${end - x}v1h-${end - x}z`;
      x = Math.max(end, x + 1);
    }
  });
  return { size, path };
}

/** The QR code of `text` as an SVG file, `pixels` wide. */
export function qrSvgFile(text: string, pixels = 512): string {
  const { size, path } = drawQr(text);
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${pixels}" height="${pixels}" viewBox="0 0 ${size} ${size}">` +
    `<path fill="#fff" d="M0 0h${size}v${size}H0z"/><path fill="#000" d="${path}"/></svg>`
  );
}

/** The QR code of `text` as a PNG file; whole pixels per square, at least `pixels` wide. */
export async function qrPngFile(text: string, pixels = 512): Promise<Blob> {
  const canvas = qrCanvas(text, pixels);
  if (!canvas) throw new Error('this browser gives no canvas');
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no PNG came of the canvas'))));
  });
}

/** The QR code of `text` as a `data:` address of a PNG; null where there is no canvas. */
export function qrPngUrl(text: string, pixels = 512): string | null {
  return qrCanvas(text, pixels)?.toDataURL('image/png') ?? null;
}

function qrCanvas(text: string, pixels: number): HTMLCanvasElement | null {
  const { size, path } = drawQr(text);
  const scale = Math.ceil(pixels / size);
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = size * scale;
  const context = canvas.getContext('2d');
  if (!context) return null;
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = '#000';
  context.scale(scale, scale);
  context.fill(new Path2D(path));
  return canvas;
}
