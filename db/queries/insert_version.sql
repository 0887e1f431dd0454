INSERT INTO certificate_versions (order_id, certificate_id, account, serial, subject, issuer_name,
                                  names, not_before, not_after, sha256, spki_sha256, chain_pem, renewal_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
