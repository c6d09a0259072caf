// The console's words about those who decide outside, in Chinese.
export const reviewer = {
  'goods-reviewer': {
    title: '商品审核服务',
    text: '把商品审核交给自己的系统。服务器配置 goods.review 为 webhook 时生效：每次提审都会先请求这个地址，5 秒内返回 2xx 才算提审成功。',
    hint: '可直接返回审核结论，也可稍后用签名密钥调用通过 / 驳回接口',
    removeTitle: '移除商品审核服务',
    removeText: '移除后，goods.review 为 webhook 时商品将无法提审，直到重新设置。',
  },
  'anchor-verifier': {
    title: '主播实名核验服务',
    text: '主播提交实名资料后，自动发送到这个地址核验。资料包含完整身份证号，每次发送都会留下查看记录。',
    hint: '须为 https 地址；返回通过、驳回或待定，待定的在“主播”页面人工处理',
    removeTitle: '移除实名核验服务',
    removeText: '移除后，主播提交的资料全部在“主播”页面人工审核。',
  },
  disabled: '连续 3 天请求失败，已于 {when} 停用。重新保存地址即可恢复。',
  renew: '保存并更换密钥',
  remove: '移除',
  removed: '已移除',
};
