COPY (
    SELECT p.payment_id, date_trunc('second', p.confirmed_at AT TIME ZONE 'Asia/Ho_Chi_Minh'), p.channel,
        p.gateway_transaction, d.reference, x.member_id, x.month, o.code, o.state ->> 'name', x.amount, p.amount,
        p.overpaid
    FROM payments p JOIN payment_orders d ON d.order_id = p.order_id JOIN order_lines x ON x.order_id = p.order_id
        JOIN directory_organizations o ON o.id = x.cell_id
    WHERE p.confirmed_at >= '2000-01-01' AND p.confirmed_at < '2100-01-01'
) TO STDOUT (FORMAT csv)
