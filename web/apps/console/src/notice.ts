// Short words after something was done. One at a time: on a phone they lie over the header.
import { MessagePlugin } from 'tdesign-vue-next/es/message';

/** Says that something worked. */
export function sayDone(text: string): void {
  MessagePlugin.closeAll();
  void MessagePlugin.success(text, 2000);
}

/** Says that something did not. */
export function sayFailed(text: string): void {
  MessagePlugin.closeAll();
  void MessagePlugin.error(text, 5000);
}
