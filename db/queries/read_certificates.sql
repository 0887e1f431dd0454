SELECT certificates.id, certificates.agent, certificates.issuer, certificates.fallback_issuers,
       certificates.profile,
       certificates.names, certificates.create_time, latest_order_id,
       orders.state AS latest_order_state
FROM certificates JOIN orders ON orders.id = latest_order_id
WHERE certificates.id = ANY ($1::uuid[])
