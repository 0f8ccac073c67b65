// From the partners' payloads to the graph's types, as far as the operations of the race read them.

const ACCOUNT_KINDS = {
  TRANS_AND_SAVINGS_ACCOUNTS: "TRANSACTION",
  TERM_DEPOSITS: "TERM_DEPOSIT",
  TRAVEL_CARDS: "TRAVEL_CARD",
  REGULATED_TRUST_ACCOUNTS: "TRUST_ACCOUNT",
  CRED_AND_CHRG_CARDS: "CREDIT_CARD",
  BUY_NOW_PAY_LATER: "BUY_NOW_PAY_LATER",
  OVERDRAFTS: "OVERDRAFT",
  RESIDENTIAL_MORTGAGES: "MORTGAGE",
  PERS_LOANS: "LOAN",
  BUSINESS_LOANS: "BUSINESS_LOAN",
  MARGIN_LOANS: "MARGIN_LOAN",
  LEASES: "LEASE",
  TRADE_FINANCE: "TRADE_FINANCE",
};

const INSTRUMENTS = {
  cash: "CASH",
  bond: "BOND",
  equity: "EQUITY",
  fund: "FUND",
  index: "INDEX",
  commodity: "COMMODITY",
  mortgage: "MORTGAGE",
  credit: "CREDIT",
  cryptoAsset: "CRYPTO_ASSET",
};

const STAYS = {
  in_progress: "NOT_CONFIRMED",
  not_confirmed: "NOT_CONFIRMED",
  confirmed: "CONFIRMED",
  canceled: "CANCELLED",
  checked_in: "CHECKED_IN",
  checked_out: "CHECKED_OUT",
  no_show: "NO_SHOW",
};

export function account(wire, customer) {
  return {
    customer,
    accountId: wire.accountId,
    kind: ACCOUNT_KINDS[wire.productCategory] ?? "OTHER",
    status: wire.openStatus ?? "OPEN",
    displayName: wire.displayName,
  };
}

export function balance(wire) {
  return { current: { amount: wire.currentBalance, currency: wire.currency ?? "AUD" } };
}

export function policy(listed, insurer, info) {
  return {
    policyId: listed.policyId,
    line: "MOTOR",
    productName: listed.productName,
    insurer,
    startsOn: info.termStartDate,
    endsOn: info.termEndDate,
    sumInsured: monetary(info.maxLMG),
  };
}

function monetary(amount) {
  if (amount?.unitType !== "MONETARIO") return null;
  return { amount: amount.amount, currency: amount.unit.description };
}

export function position(wire) {
  const { amount, currency } = wire.valuation.valueInPositionCurrency;
  const instrument = wire.financialInstrument;
  return {
    isin: instrument.identificationList?.find((it) => it.type === "isin")?.identifier ?? null,
    name: instrument.name,
    instrument: INSTRUMENTS[instrument.type] ?? "OTHER",
    value: { amount: String(amount), currency },
  };
}

export function membership(wire) {
  return { membershipId: wire.id, points: wire.balance, lifetimePoints: wire.lifetime_points };
}

export function stay(wire, hotels) {
  return {
    reservationId: wire.reservationID,
    propertyName: hotels.get(wire.propertyID)?.propertyName ?? null,
    status: STAYS[wire.status] ?? "OTHER",
    checkIn: wire.reservationCheckIn.slice(0, 10),
    checkOut: wire.reservationCheckOut.slice(0, 10),
    total: wire.total == null ? null : { amount: String(wire.total), currency: wire.propertyCurrency },
  };
}

export function rental(wire) {
  const startsAt = wire.departureTime ?? null;
  return {
    bookingId: wire.id,
    status: wire.state,
    startsAt,
    departed: wire.actualDepartureTime ?? startsAt,
    price: price([wire, ...wire.legs]),
  };
}

function price(priced) {
  const parts = priced.flatMap((it) => it.pricing?.parts ?? []).filter((part) => part.type !== "MAX");
  const currencies = new Set(parts.map((part) => part.currencyCode));
  if (currencies.size !== 1 || parts.some((part) => part.type !== "FIXED")) return null;
  const amounts = parts.map((part) => (part.kind === "DISCOUNT" ? -Math.abs(part.amount) : part.amount));
  return { amount: exact(amounts), currency: parts[0].currencyCode };
}

// One sum for each currency, in the order of their codes.
export function sums(amounts) {
  const byCurrency = new Map();
  for (const { amount, currency } of amounts) {
    const known = byCurrency.get(currency);
    if (known) known.push(amount);
    else byCurrency.set(currency, [amount]);
  }
  return [...byCurrency.keys()].sort().map((currency) => ({
    amount: exact(byCurrency.get(currency)),
    currency,
  }));
}

// Amounts have hundredths at the most, so that sums of whole hundredths are exact.
function exact(amounts) {
  let hundredths = 0;
  for (const amount of amounts) hundredths += Math.round(Number(amount) * 100);
  return (hundredths / 100).toFixed(2);
}

// What lies in the window, the newest first.
export function within(records, { since, until }, moment, id) {
  return records
    .filter((it) => moment(it).slice(0, 10) >= since && moment(it).slice(0, 10) <= until)
    .sort((a, b) => (moment(a) === moment(b) ? (id(a) < id(b) ? 1 : -1) : moment(a) < moment(b) ? 1 : -1));
}
