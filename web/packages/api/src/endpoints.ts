// What the console asks of endpoints for events, and of who subscribes.
import type {
  Bot,
  BotBrand,
  Delivery,
  FollowerPage,
  MessageUrl,
  MessageUrlForm,
  Reviewer,
  ReviewerKind,
  ReviewerSecret,
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

  bots(appid: string): Promise<Bot[]> {
    return this.send(`${appPath(appid)}/bots`);
  }

  /** ApiError 422 on `url`, 409 `webhook_limit`. */
  createBot(appid: string, brand: BotBrand, url: string, secret: string | null): Promise<Bot> {
    return this.change(`${appPath(appid)}/bots`, 'POST', { brand, url, secret });
  }

  deleteBot(appid: string, id: number): Promise<void> {
    return this.change(`${appPath(appid)}/bots/${id}`, 'DELETE');
  }

  /** ApiError 409 `bot_failed` with `detail`. */
  testBot(appid: string, id: number): Promise<void> {
    return this.change(`${appPath(appid)}/bots/${id}/test`, 'POST');
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

  /** Who decides outside: whether goods may be sold, or whether an anchor is who they say. */
  reviewer(appid: string, kind: ReviewerKind): Promise<Reviewer | null> {
    return this.send(`${appPath(appid)}/${kind}`);
  }

  /** ApiError 422 on `url`. */
  setReviewer(appid: string, kind: ReviewerKind, url: string): Promise<ReviewerSecret> {
    return this.change(`${appPath(appid)}/${kind}`, 'PUT', { url });
  }

  deleteReviewer(appid: string, kind: ReviewerKind): Promise<void> {
    return this.change(`${appPath(appid)}/${kind}`, 'DELETE');
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
