// The six partners, asked as c360 asks them: the same requests, each at most once for an operation.
import DataLoader from "dataloader";
import { Pool } from "undici";

import * as mapping from "./mapping.mjs";

const JSON_HEADERS = { "content-type": "application/json" };

// Pools live as long as the process. Time-outs cost a timer for each request and are left out.
export function pools(partners) {
  const found = {};
  for (const [name, address] of Object.entries(partners)) {
    const url = new URL(address);
    const pool = new Pool(url.origin, { connections: 128, bodyTimeout: 0, headersTimeout: 0 });
    found[name] = { pool, base: url.pathname === "/" ? "" : url.pathname };
  }
  return found;
}

async function ask({ pool, base }, method, path, headers, body) {
  const answer = await pool.request({ method, path: base + path, headers, body });
  if (answer.statusCode !== 200) {
    await answer.body.dump();
    throw new Error(`${method} ${base}${path} answered ${answer.statusCode}`);
  }
  return answer.body.json();
}

// What one operation has asked for. Made for each operation, as DataLoader's documentation has it.
export class Upstream {
  constructor(partners, facts) {
    this.partners = partners;
    this.facts = facts;
    this.asked = new Map();
    this.loyalty = new DataLoader((ids) => this.searched(ids), { maxBatchSize: 30 });
  }

  once(key, make) {
    let found = this.asked.get(key);
    if (found === undefined) {
      found = make();
      this.asked.set(key, found);
    }
    return found;
  }

  accounts(customer) {
    return this.once(`accounts ${customer.id}`, async () => {
      const headers = { authorization: customer.tokens.banking };
      const path = "/banking/accounts?page=1&page-size=1000";
      const answer = await ask(this.partners.banking, "GET", path, headers);
      return answer.data.accounts.map((account) => mapping.account(account, customer));
    });
  }

  balances(customer) {
    return this.once(`balances ${customer.id}`, async () => {
      const accountIds = (await this.accounts(customer)).map((account) => account.accountId);
      if (accountIds.length === 0) return new Map();
      const headers = { ...JSON_HEADERS, authorization: customer.tokens.banking };
      const path = "/banking/accounts/balances?page=1&page-size=1000";
      const body = JSON.stringify({ data: { accountIds }, meta: {} });
      const answer = await ask(this.partners.banking, "POST", path, headers, body);
      return new Map(answer.data.balances.map((balance) => [balance.accountId, mapping.balance(balance)]));
    });
  }

  policies(customer) {
    return this.once(`policies ${customer.id}`, async () => {
      const headers = { authorization: customer.tokens.insurance };
      const root = "/insurance-auto/v1/insurance-auto";
      const list = await ask(this.partners.insurance, "GET", `${root}?page=1&page-size=100`, headers);
      const listed = list.data.flatMap(({ companies }) =>
        companies.flatMap(({ companyName, policies }) =>
          policies.map((policy) => ({ policy, companyName })),
        ),
      );
      return Promise.all(
        listed.map(async ({ policy, companyName }) => {
          const id = encodeURIComponent(policy.policyId);
          const info = await ask(this.partners.insurance, "GET", `${root}/${id}/policy-info`, headers);
          return mapping.policy(policy, companyName, info.data);
        }),
      );
    });
  }

  positions(customer) {
    return this.once(`positions ${customer.id}`, async () => {
      const path = `/customers/${customer.parties.brokerage}/positions?date=${this.facts.today}&limit=200`;
      const headers = { authorization: this.facts.credentials.brokerage };
      return (await ask(this.partners.brokerage, "GET", path, headers)).map(mapping.position);
    });
  }

  memberships(customer) {
    return this.loyalty.load(customer.parties.loyalty);
  }

  async searched(ids) {
    const headers = { ...JSON_HEADERS, authorization: this.facts.credentials.loyalty };
    const body = JSON.stringify({ limit: 200, query: { customer_ids: ids } });
    const answer = await ask(this.partners.loyalty, "POST", "/loyalty/accounts/search", headers, body);
    const found = new Map(ids.map((id) => [id, []]));
    for (const account of answer.loyalty_accounts ?? []) {
      found.get(account.customer_id).push(mapping.membership(account));
    }
    return ids.map((id) => found.get(id));
  }

  // The list of hotels is kept for five minutes, for all operations, as c360 does.
  hotels() {
    const { partners } = this;
    if (!(partners.hotelsUntil > Date.now())) {
      partners.hotelsUntil = Date.now() + 300_000;
      partners.hotels = this.listed().catch((error) => {
        partners.hotelsUntil = 0;
        throw error;
      });
    }
    return partners.hotels;
  }

  async listed() {
    const headers = { "x-api-key": this.facts.credentials.hotel };
    const answer = await ask(this.partners.hotel, "GET", "/getHotels?pageNumber=1&pageSize=100", headers);
    return new Map(answer.data.map((hotel) => [hotel.propertyID, hotel]));
  }

  guest(customer) {
    return this.once(`guest ${customer.id}`, async () => {
      const headers = { "x-api-key": this.facts.credentials.hotel };
      const path = `/getGuest?guestID=${customer.parties.hotel}`;
      return (await ask(this.partners.hotel, "GET", path, headers)).data;
    });
  }

  stays(customer) {
    return this.once(`stays ${customer.id}`, async () => {
      const headers = { "x-api-key": this.facts.credentials.hotel };
      const path =
        `/getReservationsWithRateDetails?guestID=${customer.parties.hotel}` +
        `&reservationCheckOutFrom=${this.facts.since}&pageNumber=1&pageSize=100`;
      const [answer, hotels] = await Promise.all([
        ask(this.partners.hotel, "GET", path, headers),
        this.hotels(),
      ]);
      const stays = answer.data.filter((it) => !it.isDeleted).map((it) => mapping.stay(it, hotels));
      return mapping.within(stays, this.facts, (stay) => stay.checkIn, (stay) => stay.reservationId);
    });
  }

  rentals(customer) {
    return this.once(`rentals ${customer.id}`, async () => {
      const headers = { "x-api-key": this.facts.credentials.rental };
      const found = await Promise.all(
        customer.bookings.map((id) =>
          ask(this.partners.rental, "GET", `/bookings/${encodeURIComponent(id)}`, headers),
        ),
      );
      const rentals = found.map(mapping.rental);
      return mapping.within(rentals, this.facts, (rental) => rental.departed, (rental) => rental.bookingId);
    });
  }
}
