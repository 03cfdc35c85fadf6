SELECT (SELECT count(*) FROM payment_orders), (SELECT sum(total) FROM payment_orders WHERE state = 'paid'),
    (SELECT sum(amount) FROM payments), (SELECT sum(overpaid) FROM payments),
    (SELECT sum(amount) FROM ledger_postings WHERE cause = 'payment'),
    (SELECT count(*) FROM outbox WHERE topic = 'hoso.dues.payments.v1' AND type = 'hoso.payment.received.v1')
