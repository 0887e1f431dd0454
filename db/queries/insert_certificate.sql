INSERT INTO certificates (id, agent, issuer, profile, names, latest_order_id)
VALUES ($1, $2, $3, $4, $5, $6)
