// How a picture sits in its box: filled when little would be lost, else whole with room around it.

/** The largest part of the picture that filling may cut away. */
const MAX_LOSS = 0.22;

/** `cover` fills the box and cuts the rest, `contain` shows all of it. Sizes in any one unit. */
export function fitOf(
  picture: { width: number; height: number },
  box: { width: number; height: number },
): 'cover' | 'contain' {
  if (picture.width <= 0 || picture.height <= 0 || box.width <= 0 || box.height <= 0) return 'cover';
  const pictureRatio = picture.width / picture.height;
  const boxRatio = box.width / box.height;
  const kept = Math.min(pictureRatio / boxRatio, boxRatio / pictureRatio);
  return 1 - kept <= MAX_LOSS ? 'cover' : 'contain';
}
