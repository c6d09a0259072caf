// The console's words about sharing a room in Chinese.
export const share = {
  title: '分享直播间',
  poster: '海报',
  posterNote: '含封面、标题、开播时间和观看码，可直接发到微信群',
  savePoster: '下载海报',
  saveCode: '下载观看码',
  pagePath: '小程序页面路径',
};
