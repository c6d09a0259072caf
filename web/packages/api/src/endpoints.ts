// What the console asks of endpoints for events, and of who subscribes.
import type {
  Delivery,
  FollowerPage,
  MessageUrl,
  MessageUrlForm,
  SubscriptionPage,
  Webhook,
  WebhookList,
  WebhookSecret,
} from './events';
import { SessionClient } from './session';

export class EndpointClient extends SessionClient {
  webhooks(appid: string): Promise<WebhookList> {
    return this.send(`${appPath(appid)}/webhooks`);
  }

  /** ApiError 422 with `fields`, 409 `webhook_limit`. */
  createWebhook(appid: string, url: string, events: string[]): Promise<WebhookSecret> {
    return this.change(`${appPath(appid)}/webhooks`, 'POST', { url, events });
  }

  changeWebhook(appid: string, id: number, url: string, events: string[]): Promise<Webhook> {
    return this.change(`${appPath(appid)}/webhooks/${id}`, 'PUT', { url, events });
  }

  deleteWebhook(appid: string, id: number): Promise<void> {
    return this.change(`${appPath(appid)}/webhooks/${id}`, 'DELETE');
  }

  renewWebhookSecret(appid: string, id: number): Promise<WebhookSecret> {
    return this.change(`${appPath(appid)}/webhooks/${id}/secret`, 'POST');
  }

  testWebhook(appid: string, id: number): Promise<{ id: string }> {
    return this.change(`${appPath(appid)}/webhooks/${id}/test`, 'POST');
  }

  messageUrl(appid: string): Promise<MessageUrl | null> {
    return this.send(`${appPath(appid)}/message-url`);
  }

  /** ApiError 422 with `fields`, 409 `message_url_failed` with `detail`. */
  setMessageUrl(appid: string, form: MessageUrlForm): Promise<MessageUrl> {
    return this.change(`${appPath(appid)}/message-url`, 'PUT', form);
  }

  deleteMessageUrl(appid: string): Promise<void> {
    return this.change(`${appPath(appid)}/message-url`, 'DELETE');
  }

  /** `null`: the message URL. */
  enableEndpoint(appid: string, webhook: number | null): Promise<void> {
    return this.change(`${endpointPath(appid, webhook)}/enable`, 'POST');
  }

  deliveries(appid: string, webhook: number | null, offset = 0, limit = 20): Promise<Delivery[]> {
    const query = new URLSearchParams({ offset: String(offset), limit: String(limit) });
    return this.send(`${endpointPath(appid, webhook)}/deliveries?${query}`);
  }

  redeliver(appid: string, webhook: number | null, id: string): Promise<void> {
    return this.change(`${endpointPath(appid, webhook)}/deliveries/${id}`, 'POST');
  }

  subscriptions(appid: string, offset = 0, limit = 20): Promise<SubscriptionPage> {
    const query = new URLSearchParams({ offset: String(offset), limit: String(limit) });
    return this.send(`${appPath(appid)}/subscriptions?${query}`);
  }

  followers(appid: string, after = 0, limit = 20): Promise<FollowerPage> {
    const query = new URLSearchParams({ after: String(after), limit: String(limit) });
    return this.send(`${appPath(appid)}/followers?${query}`);
  }
}

export function appPath(appid: string): string {
  return `/v1/apps/${encodeURIComponent(appid)}`;
}

function endpointPath(appid: string, webhook: number | null): string {
  return webhook === null ? `${appPath(appid)}/message-url` : `${appPath(appid)}/webhooks/${webhook}`;
}
