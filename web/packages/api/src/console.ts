// What the console asks for.
import type {
  Admission,
  AdmissionForm,
  CallPage,
  CallQuery,
  Door,
  Fact,
  FactForm,
  FactSource,
  OwnQuota,
  Profile,
  Quota,
} from './calls';
import { appPath, EndpointClient } from './endpoints';
import type { AuditStatus, Goods, GoodsForm, GoodsPage, GoodsSetting, Shelf } from './goods';
import { subscribe, type Subscription, type SubscribeOptions } from './sse';
import type { SwitchForm } from './events';
import type {
  Anchor,
  AppCredentials,
  AppView,
  BroadcastCode,
  ConsoleRoom,
  Device,
  Limits,
  Media,
  PeoplePage,
  Person,
  Reveal,
  Role,
  RoomAccess,
  RoomForm,
  RoomPage,
  RoomStatus,
  ShareCode,
} from './types';
import type { WechatAccount } from './wechat';

export interface RoomQuery {
  offset?: number;
  limit?: number;
  status?: RoomStatus[];
}

export interface PeopleQuery {
  role?: Role | null;
  keyword?: string;
  offset?: number;
  limit?: number;
}

export interface GoodsQuery {
  auditStatus?: AuditStatus | null;
  offset?: number;
  limit?: number;
}

export interface FollowApp extends Pick<SubscribeOptions, 'onLine' | 'onRefused'> {
  onRoomChanged: (roomId: number) => void;
}

/** The console's line to the server. */
export class ConsoleClient extends EndpointClient {
  // Apps

  apps(): Promise<AppView[]> {
    return this.send('/v1/apps');
  }

  createApp(name: string, appid?: string): Promise<AppCredentials> {
    return this.change('/v1/apps', 'POST', { name, ...(appid ? { appid } : {}) });
  }

  /** 0 to 2 000 ms, null: as the server is set. ApiError 422 on `latencyBudgetMs`. */
  setLatencyBudget(appid: string, latencyBudgetMs: number | null): Promise<void> {
    return this.change(`${appPath(appid)}/latency-budget`, 'PUT', { latencyBudgetMs });
  }

  limits(): Promise<Limits> {
    return this.send('/v1/limits');
  }

  // Rooms

  rooms(appid: string, { offset = 0, limit = 20, status = [] }: RoomQuery = {}): Promise<RoomPage> {
    const query = new URLSearchParams({ offset: String(offset), limit: String(limit) });
    if (status.length > 0) query.set('status', status.join(','));
    return this.send(`${appPath(appid)}/rooms?${query}`);
  }

  /** ApiError 404 `room_not_found`. */
  room(appid: string, roomId: number): Promise<ConsoleRoom> {
    return this.send(roomPath(appid, roomId));
  }

  /** ApiError 422 with `fields`, or 409 `room_limit`. */
  createRoom(appid: string, form: RoomForm): Promise<ConsoleRoom> {
    return this.change(`${appPath(appid)}/rooms`, 'POST', form);
  }

  editRoom(appid: string, roomId: number, form: RoomForm): Promise<ConsoleRoom> {
    return this.change(roomPath(appid, roomId), 'PUT', form);
  }

  deleteRoom(appid: string, roomId: number): Promise<void> {
    return this.change(roomPath(appid, roomId), 'DELETE');
  }

  /** ApiError 409 `not_allowed_in_status` or `live_limit`. */
  steer(
    appid: string,
    roomId: number,
    action: 'start' | 'end' | 'pause' | 'resume' | 'unban',
  ): Promise<ConsoleRoom> {
    return this.change(`${roomPath(appid, roomId)}/${action}`, 'POST');
  }

  ban(appid: string, roomId: number, reason: string): Promise<ConsoleRoom> {
    return this.change(`${roomPath(appid, roomId)}/ban`, 'POST', { reason });
  }

  access(appid: string, roomId: number): Promise<RoomAccess> {
    return this.send(`${roomPath(appid, roomId)}/access`);
  }

  /** ApiError 409 where the room is banned or expired. */
  share(appid: string, roomId: number): Promise<ShareCode> {
    return this.send(`${roomPath(appid, roomId)}/share-code`);
  }

  /** Ends the old push key; whoever pushes with it is cut. */
  revokePush(appid: string, roomId: number): Promise<RoomAccess> {
    return this.change(`${roomPath(appid, roomId)}/access/revoke-push`, 'POST');
  }

  /** A code that enrols one device of the room's anchor; the one before is void. */
  createBroadcastCode(appid: string, roomId: number): Promise<BroadcastCode> {
    return this.change(`${roomPath(appid, roomId)}/access/broadcast-code`, 'POST');
  }

  /** A person's devices, the latest first. */
  devices(appid: string, wechatId: string): Promise<Device[]> {
    return this.send(`${personPath(appid, wechatId)}/devices`);
  }

  revokeDevice(appid: string, deviceId: number): Promise<void> {
    return this.change(`${appPath(appid)}/devices/${deviceId}/revoke`, 'POST');
  }

  /** Tells of every room of the app that changed. */
  follow(appid: string, follow: FollowApp): Subscription {
    return subscribe(`${appPath(appid)}/events`, {
      onLine: follow.onLine,
      onRefused: (error) => {
        if (error.status === 401) this.onUnauthorized();
        follow.onRefused?.(error);
      },
      onEvent: ({ event, data }) => {
        if (event === 'room') follow.onRoomChanged((JSON.parse(data) as { roomId: number }).roomId);
      },
    });
  }

  // Anchors and images

  anchors(appid: string): Promise<Anchor[]> {
    return this.send(`${appPath(appid)}/anchors`);
  }

  verifyAnchor(appid: string, wechatId: string): Promise<Anchor> {
    return this.change(`${appPath(appid)}/anchors/${encodeURIComponent(wechatId)}/verify`, 'POST');
  }

  /** The link on which somebody shows who they are. ApiError 422 on `wechatId`. */
  inviteAnchor(appid: string, wechatId: string): Promise<{ verifyUrl: string }> {
    return this.change(verificationPath(appid, wechatId), 'POST');
  }

  /** ApiError 409 `nothing_submitted` or `role_limit`. */
  approveVerification(appid: string, wechatId: string, submission: number): Promise<Anchor> {
    return this.change(`${verificationPath(appid, wechatId)}/approve`, 'POST', { submission });
  }

  rejectVerification(appid: string, wechatId: string, submission: number, reason: string): Promise<Anchor> {
    return this.change(`${verificationPath(appid, wechatId)}/reject`, 'POST', { submission, reason });
  }

  /** The full number; that it was seen, by whom and what for, is kept. */
  revealNumber(
    appid: string,
    wechatId: string,
    submission: number,
    reason: string,
  ): Promise<{ number: string }> {
    return this.change(`${verificationPath(appid, wechatId)}/reveal`, 'POST', { submission, reason });
  }

  reveals(appid: string, wechatId: string): Promise<Reveal[]> {
    return this.send(`${verificationPath(appid, wechatId)}/reveals`);
  }

  // People

  people(
    appid: string,
    { role, keyword = '', offset = 0, limit = 20 }: PeopleQuery = {},
  ): Promise<PeoplePage> {
    const query = new URLSearchParams({ keyword, offset: String(offset), limit: String(limit) });
    if (role) query.set('role', role);
    return this.send(`${appPath(appid)}/people?${query}`);
  }

  /** ApiError 422 with `fields`. */
  invitePerson(appid: string, wechatId: string, nickname: string): Promise<Person> {
    return this.change(`${appPath(appid)}/people`, 'POST', { wechatId, nickname });
  }

  /** ApiError 422 `anchor_not_verified` on `anchorWechat`, 409 `role_limit`. */
  giveRole(appid: string, wechatId: string, role: Role): Promise<void> {
    return this.change(`${personPath(appid, wechatId)}/roles/${role}`, 'PUT');
  }

  /** ApiError 409 `anchor_has_room`. */
  takeRole(appid: string, wechatId: string, role: Role): Promise<void> {
    return this.change(`${personPath(appid, wechatId)}/roles/${role}`, 'DELETE');
  }

  // Goods

  goods(appid: string, { auditStatus = null, offset = 0, limit = 20 }: GoodsQuery = {}): Promise<GoodsPage> {
    const query = new URLSearchParams({ offset: String(offset), limit: String(limit) });
    if (auditStatus !== null) query.set('auditStatus', String(auditStatus));
    return this.send(`${appPath(appid)}/goods?${query}`);
  }

  /** ApiError 404 `goods_not_found`. */
  oneGoods(appid: string, goodsId: number): Promise<Goods> {
    return this.send(goodsPath(appid, goodsId));
  }

  /** ApiError 422 with `fields`, 409 `goods_limit`, 403 `goods_disabled`. */
  createGoods(appid: string, form: GoodsForm): Promise<Goods> {
    return this.change(`${appPath(appid)}/goods`, 'POST', form);
  }

  /** Of approved goods the price alone may differ. */
  editGoods(appid: string, goodsId: number, form: GoodsForm): Promise<Goods> {
    return this.change(goodsPath(appid, goodsId), 'PUT', form);
  }

  /** From every shelf too. */
  deleteGoods(appid: string, goodsId: number): Promise<void> {
    return this.change(goodsPath(appid, goodsId), 'DELETE');
  }

  /** ApiError 409 `submission_limit` or what the state of the audit does not allow. */
  auditGoods(appid: string, goodsId: number, step: 'submit' | 'withdraw' | 'approve'): Promise<Goods> {
    return this.change(`${goodsPath(appid, goodsId)}/${step}`, 'POST');
  }

  rejectGoods(appid: string, goodsId: number, reason: string): Promise<Goods> {
    return this.change(`${goodsPath(appid, goodsId)}/reject`, 'POST', { reason });
  }

  goodsSetting(appid: string): Promise<GoodsSetting> {
    return this.send(`${appPath(appid)}/goods-setting`);
  }

  /** ApiError 422 on `goodsKey` or `url`. */
  setGoodsSetting(appid: string, setting: GoodsSetting): Promise<void> {
    return this.change(`${appPath(appid)}/goods-setting`, 'PUT', setting);
  }

  // Shelves

  shelf(appid: string, roomId: number): Promise<Shelf> {
    return this.send(shelfPath(appid, roomId));
  }

  /** ApiError 409 `goods_not_approved`, `shelf_full`. */
  addToShelf(appid: string, roomId: number, goods: number[]): Promise<Shelf> {
    return this.change(shelfPath(appid, roomId), 'POST', { goods });
  }

  /** These first, in this order, the others behind. */
  sortShelf(appid: string, roomId: number, goods: number[]): Promise<Shelf> {
    return this.change(`${shelfPath(appid, roomId)}/order`, 'PUT', { goods });
  }

  /** ApiError 409 `push_under_way`. */
  removeFromShelf(appid: string, roomId: number, goodsId: number): Promise<Shelf> {
    return this.change(`${shelfPath(appid, roomId)}/${goodsId}`, 'DELETE');
  }

  setOnSale(appid: string, roomId: number, goodsId: number, onSale: boolean): Promise<Shelf> {
    return this.change(`${shelfPath(appid, roomId)}/${goodsId}/on-sale`, 'PUT', { onSale });
  }

  /** Shows the card to viewers, or marks the beginning of an explanation. */
  present(appid: string, roomId: number, goodsId: number, how: 'push' | 'explain'): Promise<Shelf> {
    return this.change(`${shelfPath(appid, roomId)}/${goodsId}/${how}`, 'POST');
  }

  endExplanation(appid: string, roomId: number): Promise<Shelf> {
    return this.change(`${roomPath(appid, roomId)}/explanation`, 'DELETE');
  }

  /** All or none. ApiError 409 `not_allowed_in_status`, 422 `customer_service_missing` on `closeKf`. */
  turnSwitches(appid: string, roomId: number, switches: SwitchForm): Promise<ConsoleRoom> {
    return this.change(`${appPath(appid)}/rooms/${roomId}/switches`, 'PUT', switches);
  }

  customerService(appid: string): Promise<{ link: string | null }> {
    return this.send(`${appPath(appid)}/customer-service`);
  }

  /** ApiError 422 on `link`. */
  setCustomerService(appid: string, link: string | null): Promise<void> {
    return this.change(`${appPath(appid)}/customer-service`, 'PUT', { link });
  }

  wechat(appid: string): Promise<WechatAccount | null> {
    return this.send(`${appPath(appid)}/wechat`);
  }

  /** `null` keeps what is there. ApiError 422 on `appid` and `secret`. */
  setWechat(appid: string, form: { appid: string | null; secret: string | null }): Promise<WechatAccount> {
    return this.change(`${appPath(appid)}/wechat`, 'PUT', form);
  }

  deleteWechat(appid: string): Promise<void> {
    return this.change(`${appPath(appid)}/wechat`, 'DELETE');
  }

  // Calls of the WeChat-compatible API

  door(appid: string): Promise<Door> {
    return this.send(`${appPath(appid)}/door`);
  }

  /** ApiError 422 on `allowedIps`. */
  setDoor(appid: string, profile: Profile | null, allowedIps: string[]): Promise<void> {
    return this.change(`${appPath(appid)}/door`, 'PUT', { profile, allowedIps });
  }

  quota(appid: string): Promise<Quota> {
    return this.send(`${appPath(appid)}/quota`);
  }

  /** ApiError 422 with `fields`. */
  setQuota(appid: string, own: OwnQuota): Promise<Quota> {
    return this.change(`${appPath(appid)}/quota`, 'PUT', own);
  }

  /** The calls of the last days, the newest first. */
  calls(
    appid: string,
    { rid = '', op = '', errcode = null, failed = false, before = null, limit = 50 }: CallQuery = {},
  ): Promise<CallPage> {
    const query = new URLSearchParams({ limit: String(limit) });
    if (rid) query.set('rid', rid);
    if (op) query.set('op', op);
    if (errcode !== null) query.set('errcode', String(errcode));
    if (failed) query.set('failed', 'true');
    if (before !== null) query.set('before', String(before));
    return this.send(`${appPath(appid)}/requests?${query}`);
  }

  admission(appid: string): Promise<Admission> {
    return this.send(`${appPath(appid)}/admission`);
  }

  /** ApiError 422 on `thresholds`. */
  setAdmission(appid: string, form: AdmissionForm): Promise<Admission> {
    return this.change(`${appPath(appid)}/admission`, 'PUT', form);
  }

  /** What is known of the app, the newest day first. */
  facts(appid: string): Promise<Fact[]> {
    return this.send(`${appPath(appid)}/admission/facts`);
  }

  /** Another word about the same day takes the earlier's place. ApiError 422 on `date` or `value`. */
  addFacts(appid: string, facts: FactForm[], source: FactSource): Promise<Admission> {
    return this.change(`${appPath(appid)}/admission/facts`, 'POST', { facts, source });
  }

  /** At most 2 MiB of PNG, JPEG or GIF. */
  uploadImage(appid: string, file: File): Promise<Media> {
    const body = new FormData();
    body.append('media', file);
    return this.change(`${appPath(appid)}/media`, 'POST', body);
  }
}

function personPath(appid: string, wechatId: string): string {
  return `${appPath(appid)}/people/${encodeURIComponent(wechatId)}`;
}

function verificationPath(appid: string, wechatId: string): string {
  return `${personPath(appid, wechatId)}/verification`;
}

function roomPath(appid: string, roomId: number): string {
  return `${appPath(appid)}/rooms/${roomId}`;
}

function goodsPath(appid: string, goodsId: number): string {
  return `${appPath(appid)}/goods/${goodsId}`;
}

function shelfPath(appid: string, roomId: number): string {
  return `${roomPath(appid, roomId)}/shelf`;
}
