/** A made-up shop on each platform: the model of its API, an order as that API has it, the webhook that tells of it. */
import type { ChannelAdapter } from '../../shared/channels/adapter.ts';
import { douyin } from '../../shared/channels/douyin/adapter.ts';
import { shopee } from '../../shared/channels/shopee/adapter.ts';
import { square } from '../../shared/channels/square/adapter.ts';
import { createDouyinPlatform } from '../platforms/douyin.ts';
import type { PlatformModel } from '../platforms/platform.ts';
import { createShopeePlatform } from '../platforms/shopee.ts';
import { createSquarePlatform } from '../platforms/square.ts';

export interface OrderState {
  readonly orderId: string;
  /** Epoch ms, when the platform changed it. */
  readonly atMs: number;
  readonly paid?: boolean;
}

export interface Shop {
  readonly adapter: ChannelAdapter;
  readonly shop: string;
  openPlatform(): PlatformModel;
  /** JSON of the platform's record `order/<id>`. */
  record(state: OrderState): string;
  /** Body of the webhook that tells of that state. */
  push(state: OrderState): string;
}

/** In every record, and nowhere to be seen but in the lake. */
export const BUYER = { name: 'Ingrid Solbakken', phone: '+4791567342', email: 'ingrid.solbakken@mail.example' };

const seconds = (ms: number) => Math.floor(ms / 1000);
const iso = (ms: number) => new Date(ms).toISOString();
const CREATED_MS = Date.parse('2026-11-24T09:00:00.000Z');

const SQUARE_SHOP = 'MLNORTH';
export const squareShop: Shop = {
  adapter: square,
  shop: SQUARE_SHOP,
  openPlatform: () => createSquarePlatform({ shop: SQUARE_SHOP }),
  record: ({ orderId, atMs, paid = false }) =>
    JSON.stringify({
      id: orderId,
      location_id: 'L1',
      state: paid ? 'COMPLETED' : 'OPEN',
      created_at: iso(CREATED_MS),
      updated_at: iso(atMs),
      ...(paid && { closed_at: iso(atMs) }),
      line_items: [{ uid: 'a', quantity: '2', base_price_money: { amount: 1200, currency: 'USD' } }],
      fulfillments: [
        {
          uid: 'f',
          type: 'PICKUP',
          state: 'PROPOSED',
          pickup_details: {
            recipient: { display_name: BUYER.name, phone_number: BUYER.phone, email_address: BUYER.email },
          },
        },
      ],
      total_money: { amount: 2400, currency: 'USD' },
    }),
  push: ({ orderId, atMs, paid = false }) =>
    JSON.stringify({
      merchant_id: SQUARE_SHOP,
      type: 'order.updated',
      event_id: `event-${orderId}-${atMs}`,
      data: {
        type: 'order_updated',
        id: orderId,
        object: {
          order_updated: {
            order_id: orderId,
            version: 2,
            state: paid ? 'COMPLETED' : 'OPEN',
            created_at: iso(CREATED_MS),
            updated_at: iso(atMs),
          },
        },
      },
    }),
};

const SHOPEE_SHOP = '727720655';
const shopeeShop: Shop = {
  adapter: shopee,
  shop: SHOPEE_SHOP,
  openPlatform: () => createShopeePlatform({ shop: SHOPEE_SHOP }),
  record({ orderId, atMs, paid = false }) {
    const order = {
      order_sn: orderId,
      region: 'SG',
      currency: 'SGD',
      cod: false,
      total_amount: 24,
      order_status: paid ? 'READY_TO_SHIP' : 'UNPAID',
      create_time: seconds(CREATED_MS),
      update_time: seconds(atMs),
      pay_time: paid ? seconds(atMs) : null,
      recipient_address: { name: BUYER.name, phone: BUYER.phone.slice(1), region: 'SG' },
      item_list: [
        {
          item_id: 8102,
          model_id: 44102,
          item_name: 'Gaiwan',
          model_quantity_purchased: 2,
          model_original_price: 12,
          model_discounted_price: 12,
        },
      ],
    };
    const escrow = {
      order_sn: orderId,
      return_order_sn_list: [],
      buyer_payment_info: { merchant_subtotal: 24, buyer_total_amount: 24 },
    };
    return `{"order":${JSON.stringify(order)},"escrow":${paid ? JSON.stringify(escrow) : 'null'}}`;
  },
  push: ({ orderId, atMs, paid = false }) =>
    JSON.stringify({
      code: 3,
      shop_id: Number(SHOPEE_SHOP),
      timestamp: seconds(atMs),
      data: { ordersn: orderId, status: paid ? 'READY_TO_SHIP' : 'UNPAID', update_time: seconds(atMs) },
    }),
};

const DOUYIN_SHOP = '4463798';
const douyinShop: Shop = {
  adapter: douyin,
  shop: DOUYIN_SHOP,
  openPlatform: () => createDouyinPlatform({ shop: DOUYIN_SHOP }),
  record: ({ orderId, atMs, paid = false }) =>
    JSON.stringify({
      shop_id: Number(DOUYIN_SHOP),
      order_id: orderId,
      order_status: paid ? 2 : 1,
      main_status: paid ? 2 : 1,
      order_type: 0,
      trade_type: 0,
      b_type: 2,
      pay_type: 2,
      pay_time: paid ? seconds(atMs) : 0,
      finish_time: 0,
      create_time: seconds(CREATED_MS),
      update_time: seconds(atMs),
      order_amount: 2400,
      pay_amount: 2400,
      post_amount: 0,
      promotion_amount: 0,
      post_receiver: BUYER.name,
      post_tel: BUYER.phone,
      sku_order_list: [
        {
          order_id: `${orderId}1`,
          product_id: 8102,
          sku_id: 44102,
          item_num: 2,
          origin_amount: 1200,
          order_amount: 2400,
        },
      ],
    }),
  push: ({ orderId, atMs, paid = false }) =>
    JSON.stringify([
      {
        tag: paid ? '101' : '100',
        msg_id: `${orderId}:${atMs}`,
        data: JSON.stringify({
          p_id: orderId,
          shop_id: Number(DOUYIN_SHOP),
          ...(paid ? { pay_time: seconds(atMs) } : { create_time: seconds(atMs) }),
        }),
      },
    ]),
};

export const SHOPS = { square: squareShop, shopee: shopeeShop, douyin: douyinShop };
