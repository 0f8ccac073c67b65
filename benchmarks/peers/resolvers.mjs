// Resolvers over what the hub knows, which is held in memory, and what partners answer.
import * as mapping from "./mapping.mjs";

function page(records, first) {
  return { totalCount: records.length, edges: records.slice(0, first).map((node) => ({ node })) };
}

function itself(parent) {
  return parent;
}

// A group is null where the partner does not know the customer.
function group(name) {
  return (customer) => (name in customer.parties ? customer : null);
}

function filtered(customers, filter) {
  const domains = (filter?.holds ?? []).map((domain) => domain.toLowerCase());
  return customers.filter(({ parties }) => domains.every((domain) => domain in parties));
}

export function resolvers(facts) {
  const customers = new Map(facts.customers.map((customer) => [customer.id, customer]));
  return {
    Query: {
      customer: (_, { by }) => customers.get(by.id) ?? null,
      customers: (_, { first, filter }) => page(filtered(facts.customers, filter), first),
    },
    Customer: {
      complete: () => true,
      // The value was reckoned by c360; here it is looked up.
      offers: async (customer, _, { upstream }) => {
        if ("hotel" in customer.parties) await upstream.guest(customer); // says whether the guest may be written to
        return customer.offers;
      },
      banking: group("banking"),
      insurance: group("insurance"),
      brokerage: group("brokerage"),
      loyalty: group("loyalty"),
      hotel: group("hotel"),
      rental: group("rental"),
    },
    Banking: {
      accounts: (customer, _, { upstream }) => upstream.accounts(customer),
      totals: itself,
    },
    Account: {
      balance: async (account, _, { upstream }) =>
        (await upstream.balances(account.customer)).get(account.accountId) ?? null,
    },
    BankingTotals: {
      deposits: async (customer, _, { upstream }) => {
        const balances = [...(await upstream.balances(customer)).values()];
        return mapping.sums(balances.map((it) => it.current).filter(({ amount }) => Number(amount) > 0));
      },
      debts: async (customer, _, { upstream }) => {
        const balances = [...(await upstream.balances(customer)).values()];
        const owed = balances.map((it) => it.current).filter(({ amount }) => Number(amount) < 0);
        return mapping.sums(owed.map(({ amount, currency }) => ({ amount: -Number(amount), currency })));
      },
    },
    Insurance: { policies: (customer, _, { upstream }) => upstream.policies(customer) },
    Brokerage: {
      positions: (customer, _, { upstream }) => upstream.positions(customer),
      totals: itself,
    },
    BrokerageTotals: {
      portfolioValue: async (customer, _, { upstream }) =>
        mapping.sums((await upstream.positions(customer)).map((it) => it.value)),
    },
    Loyalty: { memberships: (customer, _, { upstream }) => upstream.memberships(customer) },
    Hotel: {
      stays: async (customer, { first }, { upstream }) => page(await upstream.stays(customer), first),
    },
    Rental: {
      rentals: async (customer, { first }, { upstream }) => page(await upstream.rentals(customer), first),
    },
  };
}
