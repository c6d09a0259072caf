// The state of the goods form: its content, what is wrong where, loading and sending.
import { computed, ref, shallowRef } from 'vue';
import { ApiError, AuditStatus, type Goods } from '@kaibo/api';
import {
  atGoodsField,
  checkGoods,
  GOODS_FIELDS,
  goodsDraft,
  goodsForm,
  newGoods,
  type GoodsDraft,
} from './rules/goodsDraft';
import type { FieldErrors } from './rules/roomDraft';
import { client } from './session';

/** The form of new goods, or of `goodsId`. */
export function useGoodsForm(appid: string, goodsId: number | null) {
  const draft = ref<GoodsDraft | null>(goodsId === null ? newGoods() : null);
  const before = shallowRef<Goods | null>(null);
  const tried = ref(false);
  const busy = ref(false);
  // What the server said of a value, until that value changes.
  const refused = ref<Record<string, { code: string; value: string }>>({});

  const onlyPrice = computed(() => before.value?.auditStatus === AuditStatus.Approved);
  const valueOf = (field: string) =>
    JSON.stringify((draft.value as unknown as Record<string, unknown> | null)?.[field]);
  const broken = computed<FieldErrors>(() => (draft.value ? checkGoods(draft.value) : {}));
  const errors = computed<FieldErrors>(() => {
    const shown: FieldErrors = {};
    for (const [field, { code, value }] of Object.entries(refused.value)) {
      if (valueOf(field) === value) shown[field] = code;
    }
    return tried.value ? { ...shown, ...broken.value } : shown;
  });

  async function load(): Promise<void> {
    if (goodsId === null) return;
    before.value = await client.oneGoods(appid, goodsId);
    draft.value = goodsDraft(before.value);
  }

  /** The saved goods; null when a field is wrong, which `errors` then tells. Other refusals are thrown. */
  async function save(): Promise<Goods | null> {
    tried.value = true;
    if (!draft.value || busy.value || Object.keys(broken.value).length > 0) return null;
    busy.value = true;
    try {
      const form = goodsForm(draft.value);
      return goodsId === null
        ? await client.createGoods(appid, form)
        : await client.editGoods(appid, goodsId, form);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const shown = Object.entries(error.fields).map(
        ([field, code]) => [atGoodsField(field, code), code] as const,
      );
      // What stands at no field is for the reader all the same.
      if (shown.length === 0 || !shown.every(([field]) => GOODS_FIELDS.includes(field))) throw error;
      refused.value = Object.fromEntries(
        shown.map(([field, code]) => [field, { code, value: valueOf(field) }]),
      );
      return null;
    } finally {
      busy.value = false;
    }
  }

  return { draft, before, onlyPrice, errors, busy, load, save };
}
