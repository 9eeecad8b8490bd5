CREATE SEQUENCE purchase_number_seq;

-- An order of the checkout; "purchase" because "order" is SQL's. The cart is the one in state draft.
CREATE TABLE purchase (
    id           uuid PRIMARY KEY,
    account_id   uuid NOT NULL REFERENCES account,
    number       text UNIQUE,
    state        text NOT NULL CHECK (state IN ('draft', 'awaiting_payment', 'paid', 'partly_refunded', 'refunded',
                                                'cancelled', 'expired')),
    currency     text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    total_minor  bigint NOT NULL CHECK (total_minor >= 0),
    created_at   timestamptz NOT NULL,
    placed_at    timestamptz,
    -- The holds are made longer once, when the candidate leaves for the payment page.
    extended_at  timestamptz,
    paid_at      timestamptz,
    CHECK ((state = 'draft') = (number IS NULL))
);
-- One cart a candidate.
CREATE UNIQUE INDEX purchase_draft_key ON purchase (account_id) WHERE state = 'draft';
CREATE INDEX purchase_account_idx ON purchase (account_id, created_at DESC);

CREATE TABLE purchase_item (
    id             uuid PRIMARY KEY,
    purchase_id    uuid NOT NULL REFERENCES purchase ON DELETE CASCADE,
    kind           text NOT NULL CHECK (kind IN ('exam')),
    exam_id        uuid NOT NULL REFERENCES exam,
    appointment_id uuid NOT NULL REFERENCES appointment,
    description    text NOT NULL,
    price_minor    bigint NOT NULL CHECK (price_minor >= 0),
    -- The rules at the time of buying (product.md, preamble).
    policies       jsonb NOT NULL,
    refunded_minor bigint NOT NULL DEFAULT 0 CHECK (refunded_minor BETWEEN 0 AND price_minor),
    created_at     timestamptz NOT NULL
);
-- Putting an appointment into the cart twice puts it there once.
CREATE UNIQUE INDEX purchase_item_key ON purchase_item (purchase_id, appointment_id);
CREATE INDEX purchase_item_appointment_idx ON purchase_item (appointment_id);

CREATE TABLE payment (
    id           uuid PRIMARY KEY,
    purchase_id  uuid NOT NULL REFERENCES purchase,
    gateway      text NOT NULL,
    -- The gateway's own id of the hosted checkout, and where it is. NULL until the gateway has answered: asking again
    -- with the payment's id as the key gives the same checkout.
    gateway_ref  text,
    redirect_url text,
    state        text NOT NULL CHECK (state IN ('pending', 'succeeded', 'failed', 'returned')),
    amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
    currency     text NOT NULL,
    -- Why the last attempt failed. A pending payment may carry one too: another card can still succeed.
    failure_code text,
    created_at   timestamptz NOT NULL,
    settled_at   timestamptz,
    CONSTRAINT payment_gateway_ref_key UNIQUE (gateway, gateway_ref),
    CHECK ((gateway_ref IS NULL) = (redirect_url IS NULL))
);
CREATE INDEX payment_purchase_idx ON payment (purchase_id);
-- An order waits for one payment at a time, and money is taken for it once.
CREATE UNIQUE INDEX payment_pending_key ON payment (purchase_id) WHERE state = 'pending';
CREATE UNIQUE INDEX payment_succeeded_key ON payment (purchase_id) WHERE state = 'succeeded';

CREATE TABLE refund (
    id           uuid PRIMARY KEY,
    payment_id   uuid NOT NULL REFERENCES payment,
    item_id      uuid REFERENCES purchase_item,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    reason       text NOT NULL,
    state        text NOT NULL CHECK (state IN ('pending', 'succeeded', 'failed')),
    -- One refund a cause: sent to the gateway as its idempotency key.
    key          text NOT NULL UNIQUE,
    gateway_ref  text,
    created_at   timestamptz NOT NULL,
    settled_at   timestamptz
);
CREATE INDEX refund_payment_idx ON refund (payment_id);
CREATE INDEX refund_item_idx ON refund (item_id);

-- Webhooks as they came: the second delivery of one event finds the first.
CREATE TABLE gateway_event (
    gateway      text NOT NULL,
    event_id     text NOT NULL,
    kind         text NOT NULL,
    payload      jsonb NOT NULL,
    received_at  timestamptz NOT NULL,
    PRIMARY KEY (gateway, event_id)
);

-- The sandbox gateway's own books, as a real provider would keep them elsewhere.
CREATE TABLE sandbox_checkout (
    id           text PRIMARY KEY,
    -- The idempotency key it was created under.
    key          text NOT NULL UNIQUE,
    amount_minor bigint NOT NULL,
    currency     text NOT NULL,
    description  text NOT NULL,
    return_url   text NOT NULL,
    cancel_url   text NOT NULL,
    -- 'declined': another card may be tried.
    state        text NOT NULL CHECK (state IN ('open', 'authenticating', 'processing', 'paid', 'declined', 'failed', 'expired')),
    failure_code text,
    created_at   timestamptz NOT NULL,
    paid_at      timestamptz
);
CREATE TABLE sandbox_refund (
    key          text PRIMARY KEY,
    id           text NOT NULL UNIQUE,
    checkout_id  text NOT NULL REFERENCES sandbox_checkout,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    created_at   timestamptz NOT NULL
);
