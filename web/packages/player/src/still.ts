// The last picture, kept on a canvas over the video while the video has none.

/** Draws the video's current picture; false when there is none to draw. */
export function keepStill(video: HTMLVideoElement, canvas: HTMLCanvasElement): boolean {
  const { videoWidth, videoHeight } = video;
  if (videoWidth === 0 || videoHeight === 0 || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA)
    return false;
  canvas.width = videoWidth;
  canvas.height = videoHeight;
  const context = canvas.getContext('2d');
  if (!context) return false;
  try {
    context.drawImage(video, 0, 0, videoWidth, videoHeight);
    return true;
  } catch {
    return false;
  }
}
