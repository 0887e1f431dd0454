INSERT INTO certificates (id, agent, issuer, profile, names, latest_order_id, fallback_issuers)
VALUES ($1, $2, $3, $4, $5, $6, $7)
