// Makes a picture smaller in the browser, for operators whose photos are larger than goods may have.
import { fitInside } from './rules/goodsDraft';

/** Width and height of a picture file; throws when the browser cannot read it. */
export async function imageSize(file: Blob): Promise<{ width: number; height: number }> {
  const image = await decode(file);
  return { width: image.naturalWidth, height: image.naturalHeight };
}

/** The picture, made to fit into `most` × `most` pixels; PNG where it was one, else JPEG on white. */
export async function scaledDown(file: File, most: number): Promise<File> {
  const image = await decode(file);
  const size = fitInside(image.naturalWidth, image.naturalHeight, most);
  let source: HTMLImageElement | HTMLCanvasElement = image;
  let { naturalWidth: width, naturalHeight: height } = image;
  // By halves: one great step would leave jagged edges.
  while (width > size.width * 2 && height > size.height * 2) {
    [width, height] = [Math.round(width / 2), Math.round(height / 2)];
    source = draw(source, width, height);
  }
  const type = file.type === 'image/png' ? 'image/png' : 'image/jpeg';
  const canvas = draw(source, size.width, size.height, type === 'image/jpeg' ? '#fff' : null);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, type, 0.92));
  if (!blob) throw new Error('the browser gave no picture');
  const name = file.name.replace(/\.\w+$/, '') || 'goods';
  return new File([blob], `${name}.${type === 'image/png' ? 'png' : 'jpg'}`, { type });
}

async function decode(file: Blob): Promise<HTMLImageElement> {
  const url = URL.createObjectURL(file);
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    return image;
  } finally {
    URL.revokeObjectURL(url);
  }
}

function draw(source: CanvasImageSource, width: number, height: number, ground: string | null = null) {
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const pen = canvas.getContext('2d');
  if (!pen) throw new Error('the browser draws nothing');
  if (ground) {
    pen.fillStyle = ground;
    pen.fillRect(0, 0, width, height);
  }
  pen.imageSmoothingQuality = 'high';
  pen.drawImage(source, 0, 0, width, height);
  return canvas;
}
